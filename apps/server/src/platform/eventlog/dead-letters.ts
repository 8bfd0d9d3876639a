import type { Sql } from '../postgres/index.ts';
import { appendLines } from './append.ts';
import type { Block } from './block.ts';
import {
  type DeadLetterFilter,
  type DeadLetterRow,
  insertDeadLetter,
  listWaitingLines,
  takeDeadLetterRows,
} from './dead-letter-store.ts';
import { placedUuid } from '../ids/index.ts';
import { decodeEvent, encodeEvent, LOG_IDS, type LogId, type StoredEvent } from './event.ts';
import type { TxCtx } from './tx-ctx.ts';

/** How many dead letters one call takes at most: their lanes stay locked until its transaction ends. */
const DEAD_LETTERS_PER_CALL_MAX = 1_000;

/** One dead letter, or those that match. */
export interface DeadLetterChoice {
  readonly id?: string | undefined;
  readonly filter: DeadLetterFilter;
}

/** Sets an event aside with its reason. An event taken again that fails again is buried again, and its failures add up. */
export async function buryLine(
  sql: Sql,
  letter: { log: LogId; lane: number; seq: number; line: string; error: unknown; failedAt: number },
): Promise<void> {
  const event = readLine(letter.line);
  await insertDeadLetter(sql, {
    ...letter,
    id: letterId(letter, event),
    // 0 when the line cannot be read: then that is its fault, and it belongs to nobody.
    workspaceId: event?.workspaceId ?? 0,
    source: event?.payload.source,
    type: event?.type,
    name: event?.name,
    failures: (event?.payload.replayOf?.[3] ?? 0) + 1,
    error: String(letter.error),
  });
}

/**
 * The same for an event however often it is taken again, and in the order events came: the instant of its receipt, then a
 * hash of its first place (a UUID of version 7, RFC 9562). Pure.
 */
function letterId(
  letter: { log: LogId; lane: number; seq: number; failedAt: number },
  event: StoredEvent | undefined,
): string {
  const { log, lane, seq } = letter;
  const place = event?.payload.replayOf?.slice(0, 3) ?? [log, lane, seq];
  return placedUuid(event?.receivedAt ?? letter.failedAt, place.join('/'));
}

function readLine(line: string): StoredEvent | undefined {
  try {
    return decodeEvent(line, { log: 0, lane: 0, seq: 0 });
  } catch {
    return undefined;
  }
}

/**
 * Appends the events of dead letters to their lanes again and removes the letters, in the caller's transaction: so each
 * is taken again once, whatever dies between. They keep their message ids; those were claimed when the events first
 * came, so the claim is not made again. Call it last, behind what
 * is audited: lanes are locked after the audit chain, by everybody.
 */
export async function replayDeadLetters(ctx: TxCtx, choice: DeadLetterChoice): Promise<DeadLetterRow[]> {
  const letters = await takeDeadLetters(ctx, choice);
  const blocks: Block[] = [];
  ctx.beforeCommit(async () => {
    for (const log of LOG_IDS) {
      const lines = new Map<number, string[]>();
      for (const letter of letters) {
        if (letter.log !== log) continue;
        lines.set(letter.lane, [...(lines.get(letter.lane) ?? []), replayedLine(letter)]);
      }
      if (lines.size > 0) blocks.push(...(await appendLines(ctx.sql, log, { lines })));
    }
  });
  ctx.afterCommit(async () => ctx.log.appended(blocks));
  return letters;
}

/** Removes dead letters for good; their events stay in the history, where they were archived before they failed. */
export async function takeDeadLetters(ctx: TxCtx, choice: DeadLetterChoice): Promise<DeadLetterRow[]> {
  return takeDeadLetterRows(ctx.sql, ctx.workspaceId, { ...choice, limit: DEAD_LETTERS_PER_CALL_MAX });
}

/** The line to append: the event with its first place, so that nobody but the processor takes it for another event. Pure. */
export function replayedLine(letter: Pick<DeadLetterRow, 'log' | 'lane' | 'seq' | 'line' | 'failures'>): string {
  const event = decodeEvent(letter.line, letter);
  const { replayOf, ...payload } = event.payload;
  const [log, lane, seq] = replayOf ?? [letter.log, letter.lane, letter.seq];
  return encodeEvent({ ...event, payload: { ...payload, replayOf: [log, lane, seq, letter.failures] } });
}

const REPLAYED_END = ']}]';

/** Whether a line is of an event taken again. Pure; costs three characters' comparison for almost every line. */
export function isReplayedLine(line: string): boolean {
  // The payload is the last column and `replayOf` its last key, the only one that is a list.
  return line.endsWith(REPLAYED_END) && readLine(line)?.payload.replayOf !== undefined;
}

const WAITING_MAX = 10_000;

/** Whether an event of one of these nodes waits as a dead letter; of very many letters it is taken for granted. One query. */
export async function isWaitingAsDeadLetter(sql: Sql, workspaceId: number, nodes: readonly number[]): Promise<boolean> {
  const lines = await listWaitingLines(sql, workspaceId, WAITING_MAX);
  return (
    lines.length === WAITING_MAX || lines.some((line) => readLine(line)?.nodes.some((node) => nodes.includes(node.id)))
  );
}
