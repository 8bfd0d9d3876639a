import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startBenchServer } from './bench-server.ts';
import { type Figure, figure, report } from './report.ts';

const SETTLE_MS = 15_000;
const MEASURE_MS = Number(process.env['BENCH_SECONDS'] ?? 30) * 1_000;

/** What a shop costs in which nothing happens: processor time by process, and transactions of PostgreSQL. */
async function main(): Promise<void> {
  const server = await startBenchServer();
  const client = new pg.Client({ connectionString: server.postgresUrl, application_name: 'bench' });
  await client.connect();
  const transactions = async (): Promise<number> => {
    const { rows } = await client.query<{ n: string }>(
      'select xact_commit + xact_rollback as n from pg_stat_database where datname = current_database()',
    );
    return Number(rows[0]!.n);
  };
  const figures: Figure[] = [];
  try {
    await pause(SETTLE_MS);
    const [before, countBefore, begunAt] = [server.cpuSeconds(), await transactions(), performance.now()];
    await pause(MEASURE_MS);
    const [after, countAfter] = [server.cpuSeconds(), await transactions()];
    const seconds = (performance.now() - begunAt) / 1_000;
    const cores = (name: keyof typeof after) => (after[name] - before[name]) / seconds;
    const milli = (name: keyof typeof after) =>
      figure({ name: `idle_${name}`, value: 1_000 * cores(name), unit: 'millicores' });
    figures.push(milli('server'), milli('postgres'), milli('clickhouse'));
    const perSecond = (countAfter - countBefore) / seconds;
    figures.push(figure({ name: 'idle_transactions', value: perSecond, unit: 'per second' }));
  } finally {
    await client.end();
    await server.stop();
  }
  report('idle', figures);
}

await main();
process.exit(0);
