import type { Sql } from '../postgres/index.ts';
import { BLOCK_EVENTS_MAX, type Block, type RecentBlocks, unpackLines } from './block.ts';
import { decodeEvent, type LoggedEvent, type LogId, type StoredEvent } from './event.ts';

interface LanePlace {
  readonly log: LogId;
  readonly lane: number;
  readonly seq: number;
}

/** Lines of one lane, from `firstSeq` on without a gap. */
export interface LaneRun {
  readonly log: LogId;
  readonly lane: number;
  readonly firstSeq: number;
  readonly lines: readonly string[];
  /** What the lines say, where it is at hand. */
  readonly events?: readonly (StoredEvent | undefined)[] | undefined;
  /** See `Block`. */
  readonly unheard?: readonly (number | undefined)[] | undefined;
}

/** The event a run has at `index`, parsed only when it is not at hand. */
export function eventAt(run: LaneRun, index: number): LoggedEvent {
  const place = { log: run.log, lane: run.lane, seq: run.firstSeq + index };
  const stored = run.events?.[index];
  return stored === undefined ? decodeEvent(run.lines[index]!, place) : { ...stored, ...place };
}

/** Lines `from` to `to` of a run, as a run. */
export function sliceRun(run: LaneRun, from: number, to = run.lines.length): LaneRun {
  return {
    log: run.log,
    lane: run.lane,
    firstSeq: run.firstSeq + from,
    lines: run.lines.slice(from, to),
    events: run.events?.slice(from, to),
    unheard: run.unheard?.slice(from, to),
  };
}

/** From memory: what follows the cursor, while there is room for more events. */
export function readRecent(
  recent: RecentBlocks,
  place: { log: LogId; lane: number; seq: number },
  eventsMax: number,
): LaneRun | undefined {
  const first = recent.find(place.log, place.lane, place.seq + 1);
  if (first === undefined) return undefined;
  let { lines, events, unheard } = first;
  while (lines.length < eventsMax) {
    const next = recent.find(place.log, place.lane, place.seq + 1 + lines.length);
    if (next === undefined || lines.length + next.lines.length > eventsMax) break;
    lines = [...lines, ...next.lines];
    events = events === undefined || next.events === undefined ? undefined : [...events, ...next.events];
    unheard = unheard === undefined || next.unheard === undefined ? undefined : [...unheard, ...next.unheard];
  }
  return { log: place.log, lane: place.lane, firstSeq: place.seq + 1, lines, events, unheard };
}

interface BlockRow {
  log: LogId;
  lane: number;
  first_seq: number;
  payload: Buffer;
}

/** However small they are, so many blocks a lane are enough for one batch. */
const BLOCKS_PER_LANE_MAX = 256;

/**
 * From the database: about `eventsMax` events over all places together, at least one block of every lane that has one,
 * starting with the one the cursor stands in or before. Counted in events, not in blocks: a backlog of single events is
 * as many blocks, and a few of those at a time would never catch up.
 */
export async function readBlocks(
  sql: Sql,
  places: readonly { log: LogId; lane: number; seq: number }[],
  eventsMax: number,
): Promise<LaneRun[]> {
  const { rows } = await sql.query<BlockRow>({
    name: 'log_read_blocks',
    text: `select b.log, b.lane, b.first_seq, b.payload
           from unnest($1::smallint[], $2::smallint[], $3::bigint[]) as c(log, lane, seq)
           join log_lane l on l.log = c.log and l.lane = c.lane and l.head > c.seq
           cross join lateral (
             select * from (
               select *, sum(n) over (order by first_seq) - n as events_before from (
                 select log, lane, first_seq, n, payload from log_block
                 where log = c.log and lane = c.lane
                   and first_seq > c.seq - ${BLOCK_EVENTS_MAX} and first_seq + n - 1 > c.seq
                 order by first_seq limit ${BLOCKS_PER_LANE_MAX}
               ) nearest
             ) counted where events_before < $4
           ) b order by b.log, b.lane, b.first_seq`,
    values: [
      places.map((p) => p.log),
      places.map((p) => p.lane),
      places.map((p) => p.seq),
      Math.max(1, Math.ceil(eventsMax / places.length)),
    ],
  });
  const blocks = rows.map((row): Block => ({
    log: row.log,
    lane: row.lane,
    firstSeq: row.first_seq,
    lines: unpackLines(row.payload),
  }));
  return places.flatMap((place) =>
    joinBlocks(
      place,
      blocks.filter((b) => b.log === place.log && b.lane === place.lane),
    ),
  );
}

function joinBlocks(place: { log: LogId; lane: number; seq: number }, blocks: readonly Block[]): LaneRun[] {
  const lines: string[] = [];
  for (const block of blocks) {
    const skip = Math.max(0, place.seq + 1 - block.firstSeq);
    if (block.firstSeq > place.seq + 1 + lines.length) {
      throw new Error(
        `lane ${place.log}/${place.lane}: block ${block.firstSeq} does not follow ${place.seq + lines.length}`,
      );
    }
    for (let i = skip; i < block.lines.length; i++) lines.push(block.lines[i]!);
  }
  return lines.length === 0 ? [] : [{ log: place.log, lane: place.lane, firstSeq: place.seq + 1, lines }];
}

/**
 * Every event after `from` and up to `to` that is wanted (default: all), lane by lane, each at its first place. Holds them
 * all: for short stretches, or few that are wanted.
 */
export async function readTail(
  sql: Sql,
  span: { from: readonly LanePlace[]; to: readonly LanePlace[] },
  isWanted: (event: LoggedEvent) => boolean = () => true,
): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  const ends = new Map(span.to.map((place) => [`${place.log}/${place.lane}`, place.seq]));
  let open = span.from.filter((place) => place.seq < (ends.get(`${place.log}/${place.lane}`) ?? 0));
  while (open.length > 0) {
    const runs = await readBlocks(sql, open, BLOCK_EVENTS_MAX);
    for (const run of runs) {
      const end = ends.get(`${run.log}/${run.lane}`)!;
      run.lines.forEach((line, index) => {
        const seq = run.firstSeq + index;
        const event = seq <= end ? decodeEvent(line, { log: run.log, lane: run.lane, seq }) : undefined;
        if (event !== undefined && event.payload.replayOf === undefined && isWanted(event)) events.push(event);
      });
    }
    open = runs
      .map((run) => ({ log: run.log, lane: run.lane, seq: run.firstSeq + run.lines.length - 1 }))
      .filter((place) => place.seq < ends.get(`${place.log}/${place.lane}`)!);
  }
  return events;
}

const NEWEST_BLOCKS_PER_LANE = 3;

/** The newest `limit` events that are wanted, newest first by receipt, as far as the last blocks of every lane hold them. */
export async function readNewest(
  sql: Sql,
  limit: number,
  isWanted: (event: LoggedEvent) => boolean,
): Promise<LoggedEvent[]> {
  const { rows } = await sql.query<BlockRow>({
    name: 'log_read_newest',
    text: `select b.log, b.lane, b.first_seq, b.payload from log_lane l
           cross join lateral (
             select log, lane, first_seq, payload from log_block
             where log = l.log and lane = l.lane order by first_seq desc limit ${NEWEST_BLOCKS_PER_LANE}
           ) b order by b.log, b.lane, b.first_seq desc`,
  });
  const lanes = new Map<string, Generator<LoggedEvent>>();
  for (const { log, lane } of rows) {
    lanes.set(
      `${log}/${lane}`,
      wantedBackwards(
        rows.filter((row) => row.log === log && row.lane === lane),
        isWanted,
      ),
    );
  }
  return newestOf([...lanes.values()], limit);
}

/** Reads only as far back as it is asked to: unpacking and parsing whole blocks would cost a hundred times the answer. */
function* wantedBackwards(
  rows: readonly BlockRow[],
  isWanted: (event: LoggedEvent) => boolean,
): Generator<LoggedEvent> {
  for (const row of rows) {
    const lines = unpackLines(row.payload);
    for (let i = lines.length - 1; i >= 0; i--) {
      const event = decodeEvent(lines[i]!, { log: row.log, lane: row.lane, seq: row.first_seq + i });
      if (isWanted(event)) yield event;
    }
  }
}

function newestOf(lanes: readonly Generator<LoggedEvent>[], limit: number): LoggedEvent[] {
  const heads = lanes.flatMap((rest) => {
    const { value } = rest.next() as IteratorResult<LoggedEvent, undefined>;
    return value === undefined ? [] : [{ event: value, rest }];
  });
  const newest: LoggedEvent[] = [];
  while (newest.length < limit && heads.length > 0) {
    const head = heads.reduce((a, b) => (b.event.receivedAt > a.event.receivedAt ? b : a));
    newest.push(head.event);
    const { value } = head.rest.next() as IteratorResult<LoggedEvent, undefined>;
    if (value === undefined) heads.splice(heads.indexOf(head), 1);
    else head.event = value;
  }
  return newest;
}
