import type { Services } from '../context.ts';
import { defineMetrics } from '../metrics/index.ts';
import type { Sql } from '../postgres/index.ts';
import { INTAKE_LOG, type LogId } from './event.ts';
import type { ReaderName } from './lease.ts';

const logMetrics = defineMetrics((metrics) => ({
  lagEvents: metrics.gauge({
    name: 'segue_log_lag_events',
    help: 'Events of a lane its reader has not come to, the same in every process.',
    labels: ['log', 'reader', 'lane'],
  }),
  lagSeconds: metrics.gauge({
    name: 'segue_log_lag_seconds',
    help: 'How long ago the oldest of them was committed; 0 when there is none.',
    labels: ['log', 'reader', 'lane'],
  }),
  lanesHeld: metrics.gauge({
    name: 'segue_log_lanes_held',
    help: 'Lanes this process holds for a reader.',
    labels: ['reader'],
  }),
  deadLetters: metrics.gauge({
    name: 'segue_dead_letters',
    help: 'Dead letters that wait for a replay or a decision.',
  }),
}));

interface LagRow {
  log: LogId;
  reader: ReaderName;
  lane: number;
  events: number;
  seconds: number;
  is_own: boolean;
}

/** Every reader in every lane: how many events it is behind, and since how many seconds. */
async function readLag(sql: Sql, processId: string): Promise<LagRow[]> {
  const { rows } = await sql.query<LagRow>({
    name: 'log_lag',
    // The block that holds the next event is the last that begins at or before it: one step in the primary key.
    text: `select c.log, c.reader, c.lane, l.head - c.seq as events, c.owner is not distinct from $1 as is_own,
             coalesce(extract(epoch from now() - b.committed_at), 0)::float8 as seconds
           from log_cursor c join log_lane l using (log, lane)
           left join lateral (
             select committed_at from log_block
             where log = c.log and lane = c.lane and first_seq <= c.seq + 1 and l.head > c.seq
             order by first_seq desc limit 1
           ) b on true`,
    values: [processId],
  });
  return rows;
}

/** Looks at the log whenever somebody reads the metrics. */
export function watchLog(services: Services, processId: string): void {
  const { lagEvents, lagSeconds, lanesHeld, deadLetters } = logMetrics(services);
  services.metrics?.onScrape(async () => {
    for (const gauge of [lagEvents, lagSeconds, lanesHeld]) gauge.reset();
    const rows = await readLag(services.postgres, processId);
    for (const { log, reader, lane, events, seconds } of rows) {
      const labels = { log: log === INTAKE_LOG ? 'intake' : 'internal', reader, lane };
      lagEvents.set(labels, events);
      lagSeconds.set(labels, Math.max(0, seconds));
    }
    for (const reader of new Set(rows.map((row) => row.reader))) {
      lanesHeld.set({ reader }, rows.filter((row) => row.reader === reader && row.is_own).length);
    }
  });
  services.metrics?.onScrape(async () => {
    const { rows } = await services.postgres.query<{ n: number }>({
      // every workspace: whoever runs the server looks after all of them.
      text: 'select count(*)::int as n from log_dead_letter',
    });
    deadLetters.set(rows[0]!.n);
  });
}
