import type { Sql } from '../postgres/index.ts';
import { INTAKE_LOG, LANE_COUNT, LOG_IDS, type LogId } from './event.ts';
import { RetryBatch } from './retry-batch.ts';

/** The right of one process to read one lane. A stale holder is stopped by the fence in every cursor update. */
export interface LaneLease {
  readonly log: LogId;
  readonly lane: number;
  readonly fence: number;
  readonly configVersion: number;
  /** The last event this reader has processed. */
  seq: number;
  /** For the archive: how far the block under way reaches; null when none is. */
  borderSeq: number | null;
}

/** Lanes of both logs together. */
export const LANES_TOTAL = LANE_COUNT * LOG_IDS.length;

/** The observer keeps account of what comes from outside; Segue's own events are none of its business. */
export type ReaderName = 'processor' | 'archive' | 'observer' | 'webhooks';
const READER_LOGS: Readonly<Record<ReaderName, readonly LogId[]>> = {
  processor: LOG_IDS,
  archive: LOG_IDS,
  observer: [INTAKE_LOG],
  webhooks: LOG_IDS,
};
/** Tells others what happens from now on: the past is not for it. */
const FROM_THE_HEAD: readonly ReaderName[] = ['webhooks'];

/** The name a process's connections carry, by which others see that it lives. */
export function applicationName(processId: string): string {
  return `segue ${processId}`;
}

/** Makes the rows of lanes and cursors once; safe from several processes. */
export async function createLanes(sql: Sql): Promise<void> {
  await sql.query({
    text: `insert into log_lane (log, lane)
           select log, lane from unnest($1::smallint[]) log, generate_series(0, $2::int - 1) lane on conflict do nothing`,
    values: [LOG_IDS, LANE_COUNT],
  });
  const readers = Object.entries(READER_LOGS).flatMap(([reader, logs]) => logs.map((log) => ({ reader, log })));
  await sql.query({
    // A reader that is new to an old log begins with what the log still keeps.
    text: `insert into log_cursor (reader, log, lane, seq)
           select r.reader, l.log, l.lane,
             case when r.reader = any($3) then l.head else
               coalesce((select min(b.first_seq) - 1 from log_block b where b.log = l.log and b.lane = l.lane), l.head) end
           from unnest($1::text[], $2::smallint[]) r(reader, log) join log_lane l on l.log = r.log
           where not exists (select from log_cursor c where c.reader = r.reader and c.log = l.log and c.lane = l.lane)
           on conflict do nothing`,
    values: [readers.map(({ reader }) => reader), readers.map(({ log }) => log), FROM_THE_HEAD],
  });
}

interface LeaseRow {
  log: LogId;
  lane: number;
  seq: number;
  fence: number;
  config_version: number;
  border_seq: number | null;
}

/** With the two seconds between two looks for free lanes: whoever falls silent is replaced within ten. */
export const LEASE_SECONDS = 6;

/** A process that hangs in the midst of a transaction keeps lanes and subjects locked; so long, and no longer. */
export const SILENCE_MS_MAX = 15_000;
const LEASE_COLUMNS = 'log, lane, seq, fence, config_version, border_seq';
const QUALIFIED_COLUMNS = LEASE_COLUMNS.replaceAll(/\w+/g, 'c.$&');

/**
 * Renews this process's leases and takes free ones up to its share. A lane is free when nobody holds it, when its lease
 * ran out, or when no connection of its holder is left: a killed process frees its lanes at once.
 */
export async function holdLanes(
  sql: Sql,
  options: { reader: ReaderName; processId: string; lanesMax: number },
): Promise<LaneLease[]> {
  const { reader, processId, lanesMax } = options;
  const renewed = await sql.query<LeaseRow>({
    name: 'lease_renew',
    // In lane order, as everyone who locks several cursors does: a renewal never locks up with a batch or a cut.
    text: `with held as (
             select log, lane from log_cursor where reader = $1 and owner = $2 order by log, lane for update
           )
           update log_cursor c set lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
           from held h where c.reader = $1 and c.log = h.log and c.lane = h.lane and c.owner = $2
           returning ${QUALIFIED_COLUMNS}`,
    values: [reader, processId],
  });
  const wanted = lanesMax - renewed.rowCount;
  if (wanted < 0) return releaseSurplus(sql, { reader, processId, rows: renewed.rows, lanesMax });
  if (wanted === 0) return renewed.rows.map(toLease);
  const taken = await sql.query<LeaseRow>({
    name: 'lease_take',
    text: `update log_cursor c
           set owner = $2, fence = c.fence + 1, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
           from (
             select log, lane from log_cursor
             where reader = $1 and owner is distinct from $2
               and (owner is null or lease_until < now()
                 or not exists (select from pg_stat_activity a where a.application_name = 'segue ' || owner))
             order by lane, log limit $3 for update skip locked
           ) free
           where c.reader = $1 and c.log = free.log and c.lane = free.lane
           returning ${QUALIFIED_COLUMNS}`,
    values: [reader, processId, wanted],
  });
  return [...renewed.rows, ...taken.rows].map(toLease);
}

/**
 * Takes every lane of a reader or none: for a reader whose blocks span lanes, so that one that was begun is finished
 * whole. The first lane decides; its row is locked while the others follow.
 */
export async function holdAllLanes(sql: Sql, options: { reader: ReaderName; processId: string }): Promise<LaneLease[]> {
  const { rows } = await sql.query<LeaseRow>({
    name: 'lease_hold_all',
    text: `with gate as (
             select 1 from log_cursor
             where reader = $1 and log = 0 and lane = 0
               and (owner is null or owner = $2 or lease_until < now()
                 or not exists (select from pg_stat_activity a where a.application_name = 'segue ' || owner))
             for update
           )
           update log_cursor set owner = $2, lease_until = now() + make_interval(secs => ${LEASE_SECONDS}),
             fence = case when owner = $2 then fence else fence + 1 end
           where reader = $1 and exists (select 1 from gate)
           returning ${LEASE_COLUMNS}`,
    values: [options.reader, options.processId],
  });
  return rows.map(toLease);
}

async function releaseSurplus(
  sql: Sql,
  options: { reader: ReaderName; processId: string; rows: LeaseRow[]; lanesMax: number },
): Promise<LaneLease[]> {
  // By lane first, as they are taken: each process gets lanes of both logs, so that the load is shared and not only the count.
  const sorted = [...options.rows].sort((a, b) => a.lane - b.lane || a.log - b.log);
  const surplus = sorted.slice(options.lanesMax);
  await sql.query({
    text: `update log_cursor c set owner = null, lease_until = null
           from unnest($3::smallint[], $4::smallint[]) as s(log, lane)
           where c.reader = $1 and c.owner = $2 and c.log = s.log and c.lane = s.lane`,
    values: [options.reader, options.processId, surplus.map((row) => row.log), surplus.map((row) => row.lane)],
  });
  return sorted.slice(0, options.lanesMax).map(toLease);
}

export async function releaseLanes(sql: Sql, processId: string): Promise<void> {
  await sql.query({
    text: `with held as (
             select reader, log, lane from log_cursor where owner = $1 order by reader, log, lane for update
           )
           update log_cursor c set owner = null, lease_until = null
           from held h where c.reader = h.reader and c.log = h.log and c.lane = h.lane and c.owner = $1`,
    values: [processId],
  });
  await sql.query({ text: 'delete from server_process where id = $1', values: [processId] });
}

/** Says that this process lives; answers how many do. */
export async function beat(sql: Sql, processId: string): Promise<number> {
  const { rows } = await sql.query<{ living: number }>({
    name: 'process_beat',
    text: `with me as (
             insert into server_process (id) values ($1) on conflict (id) do update set beat_at = now() returning id
           )
           select count(*)::int + 1 as living from server_process p
           where p.id <> (select id from me) and p.beat_at > now() - make_interval(secs => ${LEASE_SECONDS})
             and exists (select from pg_stat_activity a where a.application_name = 'segue ' || p.id)`,
    values: [processId],
  });
  return rows[0]!.living;
}

/** Killed processes leave their row behind. */
export async function forgetProcesses(sql: Sql): Promise<void> {
  await sql.query({ text: `delete from server_process where beat_at < now() - interval '1 day'` });
}

export interface CursorMove {
  readonly lease: LaneLease;
  /** Where the batch began: right after this. The lease itself may have moved on meanwhile. */
  readonly begunSeq: number;
  readonly seq: number;
}

/**
 * Moves cursors inside the transaction that holds the effects. When the lease was lost, definitions changed meanwhile, or
 * the cursor is no longer where the batch began (a commit whose answer was lost), the row does not match, and the whole
 * batch is taken back. `lease.seq` is where the batch begins.
 */
export async function moveCursors(
  sql: Sql,
  options: { reader: ReaderName; processId: string; moves: readonly CursorMove[] },
): Promise<void> {
  const { moves } = options;
  const { rowCount } = await sql.query({
    name: 'cursor_move',
    text: `with moves as (
             select * from unnest($3::smallint[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
               as m(log, lane, seq, fence, config_version, begun_seq)
           ), held as (
             select c.log, c.lane from log_cursor c join moves m on c.log = m.log and c.lane = m.lane
             where c.reader = $1 order by c.log, c.lane for update of c
           )
           update log_cursor c set seq = m.seq, border_seq = null
           from moves m join held h on h.log = m.log and h.lane = m.lane
           where c.reader = $1 and c.owner = $2 and c.log = m.log and c.lane = m.lane
             and c.fence = m.fence and c.config_version = m.config_version and c.seq = m.begun_seq`,
    values: [
      options.reader,
      options.processId,
      moves.map((move) => move.lease.log),
      moves.map((move) => move.lease.lane),
      moves.map((move) => move.seq),
      moves.map((move) => move.lease.fence),
      moves.map((move) => move.lease.configVersion),
      moves.map((move) => move.begunSeq),
    ],
  });
  if (rowCount !== moves.length) throw new RetryBatch('the lanes, the definitions or the place changed meanwhile');
}

/** Writes down how far the block about to be sent reaches, so that after a crash the same block is sent again. */
export async function setBorders(
  sql: Sql,
  options: { reader: ReaderName; processId: string; moves: readonly CursorMove[] },
): Promise<void> {
  const { moves } = options;
  const { rowCount } = await sql.query({
    name: 'cursor_border',
    text: `with others as (
             -- Borders of an earlier try whose answer was lost belong to no block that will be sent.
             update log_cursor c set border_seq = null
             where c.reader = $1 and c.owner = $2 and c.border_seq is not null
               and not exists (select from unnest($3::smallint[], $4::smallint[]) as m(log, lane) where m.log = c.log and m.lane = c.lane)
           )
           update log_cursor c set border_seq = m.seq
           from unnest($3::smallint[], $4::smallint[], $5::bigint[], $6::bigint[]) as m(log, lane, seq, fence)
           where c.reader = $1 and c.owner = $2 and c.log = m.log and c.lane = m.lane and c.fence = m.fence`,
    values: [
      options.reader,
      options.processId,
      moves.map((move) => move.lease.log),
      moves.map((move) => move.lease.lane),
      moves.map((move) => move.seq),
      moves.map((move) => move.lease.fence),
    ],
  });
  if (rowCount !== moves.length) throw new RetryBatch('the lanes changed hands');
}

/** A place in every lane: everything up to and including `seq` lies before it. */
export interface LanePosition {
  readonly log: LogId;
  readonly lane: number;
  readonly seq: number;
}

/**
 * Makes every processor, or another reader, load its definitions anew from an exact place in every lane: the answer. Events up to it were
 * processed with the old definitions, all later ones will be with the new. Call it first in the transaction that writes
 * the definition; it waits for batches under way, and those that began before it are taken back by `moveCursors`.
 */
export async function cutLanes(sql: Sql, reader: ReaderName = 'processor'): Promise<LanePosition[]> {
  await sql.query({
    text: 'select 1 from log_cursor where reader = $1 order by log, lane for update',
    values: [reader],
  });
  const { rows } = await sql.query<LanePosition>({
    text: `update log_cursor set config_version = config_version + 1 where reader = $1 returning log, lane, seq`,
    values: [reader],
  });
  return rows;
}

/** How far readers have come, and how far each lane reaches. */
export async function readPositions(sql: Sql, reader: ReaderName): Promise<(LanePosition & { head: number })[]> {
  const { rows } = await sql.query<LanePosition & { head: number }>({
    name: 'log_positions',
    text: `select c.log, c.lane, c.seq, l.head from log_cursor c join log_lane l using (log, lane) where c.reader = $1`,
    values: [reader],
  });
  return rows;
}

function toLease(row: LeaseRow): LaneLease {
  return {
    log: row.log,
    lane: row.lane,
    fence: row.fence,
    configVersion: row.config_version,
    seq: row.seq,
    borderSeq: row.border_seq,
  };
}

/** The version of the stage definitions now in force. */
export async function readConfigVersion(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ version: number }>({
    name: 'config_version',
    text: `select max(config_version)::bigint as version from log_cursor where reader = 'processor'`,
  });
  return rows[0]!.version;
}
