import type { Sql } from '../postgres/index.ts';
import { BLOCK_EVENTS_MAX, type Block, packLines } from './block.ts';
import { LANE_COUNT, type LogId, type StoredEvent } from './event.ts';

/** Lines by lane, to be appended in this order. */
export type LaneLines = ReadonlyMap<number, readonly string[]>;
/** What those lines say, in the same order, where it is at hand: readers of this process need not parse them again. */
export type LaneEvents = ReadonlyMap<number, readonly (StoredEvent | undefined)[]>;

/** Lines to append, with what is known of them, line by line: see `Block`. */
export interface Appended {
  readonly lines: LaneLines;
  readonly events?: LaneEvents;
  readonly unheard?: ReadonlyMap<number, readonly (number | undefined)[]>;
}

/**
 * Appends blocks and advances the heads of their lanes in one statement. Lane rows are locked in order and stay locked
 * until the transaction ends, so call this last in a transaction: numbers are gap-free and in commit order.
 * Answers the blocks with their numbers; tell readers only after the commit.
 */
export async function appendLines(sql: Sql, log: LogId, appended: Appended): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const round of rounds(appended)) blocks.push(...(await appendRound(sql, log, round)));
  return blocks;
}

type Round = Pick<Block, 'lane' | 'lines' | 'events' | 'unheard'>[];

/** One block a lane at a time; more than a block's worth for a lane takes further rounds. */
function rounds({ lines, events, unheard }: Appended): Round[] {
  const result: Round[] = [];
  for (const [lane, all] of lines) {
    for (let from = 0, turn = 0; from < all.length; from += BLOCK_EVENTS_MAX, turn++) {
      const round = (result[turn] ??= []);
      const to = from + BLOCK_EVENTS_MAX;
      round.push({
        lane,
        lines: all.slice(from, to),
        events: events?.get(lane)?.slice(from, to),
        unheard: unheard?.get(lane)?.slice(from, to),
      });
    }
  }
  for (const round of result) round.sort((a, b) => a.lane - b.lane);
  return result;
}

async function appendRound(sql: Sql, log: LogId, round: Round): Promise<Block[]> {
  const payloads = await Promise.all(round.map((part) => packLines(part.lines)));
  // Payloads are parameters of their own: an array of bytea would travel as hex text, twice the size.
  const { rows } = await sql.query<{ lane: number; first_seq: number }>({
    name: `log_append_${round.length}`,
    text: appendText(round.length),
    values: [log, round.map((part) => part.lane), round.map((part) => part.lines.length), ...payloads],
  });
  const firstSeqs = new Map(rows.map((row) => [row.lane, row.first_seq]));
  return round.map((part) => ({ ...part, log, firstSeq: firstSeqs.get(part.lane)! }));
}

const appendTexts: string[] = [];

function appendText(lanes: number): string {
  return (appendTexts[lanes] ??= `
    with input as (
      select * from unnest($2::smallint[], $3::integer[], array[${Array.from({ length: lanes }, (_, i) => `$${i + 4}::bytea`).join(', ')}])
        as i(lane, n, payload)
    ), locked as (
      select l.lane from log_lane l where l.log = $1 and l.lane = any($2::smallint[]) order by l.lane for update
    ), heads as (
      update log_lane l set head = l.head + i.n
      from input i join locked k on k.lane = i.lane
      where l.log = $1 and l.lane = i.lane
      returning l.lane, l.head - i.n + 1 as first_seq
    ), blocks as (
      insert into log_block (log, lane, first_seq, n, payload)
      select $1, h.lane, h.first_seq, i.n, i.payload from heads h join input i on i.lane = h.lane
    )
    select lane, first_seq from heads`);
}

/** The lane of a subject's internal events: its first four random bits. */
export function internalLane(subjectId: string): number {
  return Number.parseInt(subjectId.slice(-1), 16) % LANE_COUNT;
}

/** Whether the log answers and could take a block now. */
export async function isAppendable(sql: Sql): Promise<boolean> {
  const { rowCount } = await sql.query({ name: 'log_appendable', text: 'select from log_lane limit 1' });
  return rowCount === 1;
}
