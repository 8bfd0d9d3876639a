// A CSV of customers nobody knows yet, uploaded in pieces and imported: rows a second until the import is done, until every
// row has all its effects, and what the bare engine does with the same rows.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { API_KEY, type BenchServer, startBenchServer } from './bench-server.ts';
import { figure, report } from './report.ts';

const ROWS = Number(process.env['BENCH_ROWS'] ?? 1_000_000);
const PIECE_ROWS = 50_000;
const BARE_ROWS = Math.min(ROWS, 200_000);
const BARE_BATCH = 2_000;
const HEAD = 'email,First Name,Last Name,City,Plan,Points,Newsletter,Created at\n';
const CITIES = ['Dresden', 'Lyon', 'Graz', 'Leeds', 'Bern'];

function rowOf(i: number): string {
  const day = String((i % 28) + 1).padStart(2, '0');
  const city = CITIES[i % CITIES.length];
  return `customer-${i}@shop.example,First${i % 900},Last${i % 5000},${city},plan-${i % 4},${i % 1000},${i % 2 === 0},2025-01-${day}T10:00:00Z\n`;
}

function rowsFrom(from: number, count: number): string {
  let text = '';
  for (let i = from; i < from + count; i++) text += rowOf(i);
  return text;
}

interface Progress {
  readonly id: string;
  readonly state: string;
  readonly sizeBytes: number;
  readonly reason: string | null;
  readonly rows: { readonly read: number; readonly accepted: number };
}

async function upload(server: BenchServer): Promise<string> {
  const body = { kind: 'profiles', format: 'csv', name: 'bench.csv' };
  const { id } = (await server.api('POST', '/api/v1/imports', body)) as unknown as Progress;
  let offset = 0;
  for (let from = 0; from < ROWS; from += PIECE_ROWS) {
    const piece = Buffer.from((from === 0 ? HEAD : '') + rowsFrom(from, Math.min(PIECE_ROWS, ROWS - from)));
    const answer = await fetch(`${server.url}/api/v1/imports/${id}/bytes?offset=${offset}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/octet-stream' },
      body: piece,
    });
    if (!answer.ok) throw new Error(await answer.text());
    offset += piece.length;
  }
  return id;
}

async function importAll(server: BenchServer, id: string): Promise<void> {
  await server.api('POST', `/api/v1/imports/${id}/start`, {});
  for (;;) {
    const now = (await server.api('GET', `/api/v1/imports/${id}`)) as unknown as Progress;
    if (now.state === 'done' && now.rows.accepted === ROWS) return;
    if (now.state !== 'running')
      throw new Error(`the import is ${now.state} with ${now.rows.accepted} rows: ${now.reason}`);
    await pause(200);
  }
}

async function settled(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ behind: string }>(
      `select coalesce(sum(l.head - c.seq), 0) as behind from log_lane l
       join log_cursor c on c.reader in ('processor', 'archive') and (c.log, c.lane) = (l.log, l.lane)`,
    );
    if (Number(rows[0]!.behind) === 0) return;
    await pause(200);
  }
}

/** The same rows as jsonb, 2,000 a statement, two connections: what the engine takes when nothing else is done. */
async function bareLimit(pool: pg.Pool): Promise<number> {
  await pool.query('create table bench_bare (id bigint generated always as identity, body jsonb)');
  let next = 0;
  const startedAt = performance.now();
  const write = async (): Promise<void> => {
    while (next < BARE_ROWS) {
      const from = next;
      next += BARE_BATCH;
      const values = Array.from({ length: BARE_BATCH }, (_, i) => JSON.stringify(rowOf(from + i).split(',')));
      await pool.query({
        name: 'bare',
        text: 'insert into bench_bare (body) select * from unnest($1::jsonb[])',
        values: [values],
      });
    }
  };
  await Promise.all([write(), write()]);
  const perSecond = BARE_ROWS / ((performance.now() - startedAt) / 1_000);
  await pool.query('drop table bench_bare');
  return perSecond;
}

async function main(): Promise<void> {
  const server = await startBenchServer();
  const pool = new pg.Pool({ connectionString: server.postgresUrl, max: 2 });
  let rssMb = 0;
  const memory = setInterval(() => (rssMb = Math.max(rssMb, server.rssMb())), 250);
  try {
    const limit = await bareLimit(pool);
    const uploadedAt = performance.now();
    const id = await upload(server);
    const uploadSeconds = (performance.now() - uploadedAt) / 1_000;
    const startedAt = performance.now();
    await importAll(server, id);
    const imported = ROWS / ((performance.now() - startedAt) / 1_000);
    await settled(pool);
    const endToEnd = ROWS / ((performance.now() - startedAt) / 1_000);
    const target = { text: '>= 5000', met: (value: number) => value >= 5_000 };
    report('import', [
      figure({ name: 'uploaded', value: ROWS / uploadSeconds, unit: 'rows/s' }),
      figure({ name: 'imported', value: imported, unit: 'rows/s', limit, target }),
      figure({ name: 'with_all_effects', value: endToEnd, unit: 'rows/s', limit }),
      figure({ name: 'server_rss', value: rssMb, unit: 'MB' }),
    ]);
  } finally {
    clearInterval(memory);
    await pool.end();
    await server.stop();
  }
}

await main();
process.exit(0);
