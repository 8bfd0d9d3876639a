import type { History } from '../../../platform/clickhouse/index.ts';
import { AppError } from '../../../platform/errors.ts';
import {
  type EventPayload,
  type EventType,
  isWaitingAsDeadLetter,
  type LanePosition,
  type LoggedEvent,
  type LogId,
  readPositions,
  readTail,
  type Subject,
  type SubjectBatch,
  type SubjectHistory,
} from '../../../platform/eventlog/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { nodeIdsOf } from '../../profiles/index.ts';
import { type PastRow, readPast, type TimelineKey } from './history-sql.ts';

/** About 4 MB of ordinary events. */
const PAGE_EVENTS = 4_000;

/**
 * The past of profiles: what is archived from the history, page by page, and what the archive does not hold yet from the
 * log; nothing beyond what the processor has taken.
 */
export function createSubjectHistory(history: History): SubjectHistory {
  return {
    requireCountable,
    read: (batch, subject, types) => readSubject(history, { batch, subject, types }),
  };
}

/** The history holds what waits as a dead letter too: counted now, it would count again when it is replayed. */
async function requireCountable(batch: SubjectBatch, subjects: readonly Subject[]): Promise<void> {
  const nodes = subjects.flatMap(nodeIdsOf);
  if (!(await isWaitingAsDeadLetter(batch.sql, batch.workspaceId, nodes))) return;
  throw new AppError('conflict', 'Events of this profile wait as dead letters', {
    details: [{ field: '', message: 'replay or discard its dead letters first, then do this again' }],
  });
}

interface Question {
  readonly batch: SubjectBatch;
  readonly subject: Subject;
  readonly types: readonly EventType[] | undefined;
}

function readSubject(history: History, { batch, subject, types }: Question): AsyncIterable<LoggedEvent> {
  return readNodes(history, { sql: batch.sql, workspaceId: batch.workspaceId, nodes: nodeIdsOf(subject), types });
}

/** What happened under these nodes, oldest first, as far as the processor has taken it. */
export async function* readNodes(
  history: History,
  question: { sql: Sql; workspaceId: number; nodes: readonly number[]; types?: readonly EventType[] | undefined },
): AsyncIterable<LoggedEvent> {
  const { sql, workspaceId, nodes, types } = question;
  if (nodes.length === 0) return;
  const archived = await readPositions(sql, 'archive');
  const processed = await readPositions(sql, 'processor');
  const own = new Set(nodes);
  const tail = await readTail(
    sql,
    { from: archived, to: processed },
    (event) =>
      event.workspaceId === workspaceId &&
      event.type !== 'map' &&
      own.has(event.nodes[0]?.id ?? 0) &&
      (types === undefined || types.includes(event.type)),
  );
  tail.sort(byTime);
  const cut = earlier(archived, processed);
  yield* mergeByTime(readPages(history, { workspaceId, nodes, cut, types }), tail);
}

/** Lane by lane the smaller position: the archive may be ahead of the processor. */
function earlier(a: readonly LanePosition[], b: readonly LanePosition[]): LanePosition[] {
  return a.map((position) => {
    const other = b.find((p) => p.log === position.log && p.lane === position.lane);
    return { ...position, seq: Math.min(position.seq, other?.seq ?? 0) };
  });
}

async function* readPages(
  history: History,
  question: {
    workspaceId: number;
    nodes: readonly number[];
    cut: readonly LanePosition[];
    types: readonly EventType[] | undefined;
  },
): AsyncIterable<LoggedEvent> {
  let after: TimelineKey | undefined;
  for (;;) {
    const rows = await readPast(history, { ...question, after, limit: PAGE_EVENTS });
    for (const row of rows) yield toEvent(row, question.workspaceId);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_EVENTS) return;
    after = { occurredMs: last.occurred_ms, log: last.log, lane: last.lane, seq: last.seq };
  }
}

function toEvent(row: PastRow, workspaceId: number): LoggedEvent {
  return {
    workspaceId,
    id: row.message_id,
    type: row.type as EventType,
    name: row.name,
    occurredAt: row.occurred_ms,
    receivedAt: row.received_ms,
    nodes: row.nodes.map((id, index) => ({ kind: row.kinds[index]!, id })),
    sealed: row.sealed,
    payload: JSON.parse(row.payload) as EventPayload,
    log: row.log as LogId,
    lane: row.lane,
    seq: row.seq,
  };
}

const byTime = (a: LoggedEvent, b: LoggedEvent): number =>
  a.occurredAt - b.occurredAt || a.log - b.log || a.lane - b.lane || a.seq - b.seq;

/** Two runs, each in order, as one in order. */
async function* mergeByTime(
  past: AsyncIterable<LoggedEvent>,
  tail: readonly LoggedEvent[],
): AsyncIterable<LoggedEvent> {
  let next = 0;
  for await (const event of past) {
    while (next < tail.length && byTime(tail[next]!, event) < 0) yield tail[next++]!;
    yield event;
  }
  while (next < tail.length) yield tail[next++]!;
}
