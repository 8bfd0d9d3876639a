import type { Sql } from '../postgres/index.ts';
import { LEASE_SECONDS, type ReaderName } from './lease.ts';

export interface ReaderLag {
  readonly reader: ReaderName;
  readonly events: number;
  /** Age of the oldest event it has not come to. */
  readonly seconds: number;
}

/** How far each reader is behind over all its lanes. */
export async function readReaderLags(sql: Sql): Promise<ReaderLag[]> {
  const { rows } = await sql.query<ReaderLag>({
    text: `select c.reader, sum(l.head - c.seq)::bigint as events,
             coalesce(max(extract(epoch from now() - b.committed_at)), 0)::float8 as seconds
           from log_cursor c join log_lane l using (log, lane)
           left join lateral (
             select committed_at from log_block
             where log = c.log and lane = c.lane and first_seq <= c.seq + 1 and l.head > c.seq
             order by first_seq desc limit 1
           ) b on true group by c.reader order by c.reader`,
  });
  return rows;
}

export interface LogState {
  /** Processes with a fresh beat. */
  readonly workers: number;
  readonly deadLetters: number;
}

export async function readLogState(sql: Sql): Promise<LogState> {
  const { rows } = await sql.query<LogState>({
    // every workspace: whoever runs the server looks after all of them.
    text: `select
             (select count(*)::int from server_process where beat_at > now() - make_interval(secs => ${LEASE_SECONDS})) as workers,
             (select count(*)::int from log_dead_letter) as "deadLetters"`,
  });
  return rows[0]!;
}
