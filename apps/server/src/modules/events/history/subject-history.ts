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
  readSubjects,
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

/** As far as the archive may be behind the processor when profiles are counted anew: a few seconds' reading, nothing locked. */
const BEHIND_EVENTS_MAX = 500_000;
/** As much of the log as is read while profiles are locked and the processor may wait for them: a fraction of a second. */
const LOCKED_EVENTS_MAX = 50_000;

/** As many events of one customer as are held at once because the archive does not have them yet: about 100 MB. */
const OWN_EVENTS_MAX = 50_000;

interface Limits {
  readonly behindEventsMax: number;
  readonly lockedEventsMax: number;
}

/**
 * The past of profiles: what is archived from the history, page by page, and what the archive does not hold yet from the
 * log, most of it before the profiles are locked; nothing beyond what the processor has taken.
 */
export function createSubjectHistory(
  history: History,
  limits: Limits = { behindEventsMax: BEHIND_EVENTS_MAX, lockedEventsMax: LOCKED_EVENTS_MAX },
): SubjectHistory {
  return {
    async open(sql, { workspaceId, ids }) {
      const subjects = await readSubjects(sql, workspaceId, ids);
      const nodes = [...subjects.values()].flatMap(nodeIdsOf);
      const ahead =
        nodes.length === 0 ? undefined : await readAhead(sql, { workspaceId, nodes }, limits.behindEventsMax);
      return {
        requireCountable,
        read: (batch, subject, types) => readSubject(history, { batch, subject, types, ahead, limits }),
      };
    },
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

interface Owned {
  readonly workspaceId: number;
  readonly nodes: readonly number[];
}

interface OwnedTail extends Owned {
  readonly ownEventsMax?: number;
}

/** What the archive did not hold of some nodes when it was read. */
interface Ahead {
  readonly nodes: ReadonlySet<number>;
  /** Where the archive stood, and where the processor: `events` lie between. */
  readonly archived: readonly LanePosition[];
  readonly processed: readonly LanePosition[];
  readonly events: readonly LoggedEvent[];
}

async function readAhead(sql: Sql, of: OwnedTail, behindEventsMax: number): Promise<Ahead> {
  const archived = await readPositions(sql, 'archive');
  const processed = await readPositions(sql, 'processor');
  requireNear({ from: archived, to: processed }, behindEventsMax);
  const events = await readOwned(sql, { from: archived, to: processed }, of);
  return { nodes: new Set(of.nodes), archived, processed, events };
}

interface Span {
  readonly from: readonly LanePosition[];
  readonly to: readonly LanePosition[];
}

/** Whoever waits for a locked profile must not wait for as long as an archive may be away. */
function requireNear({ from, to }: Span, eventsMax: number): void {
  const behind = to.reduce((sum, end) => sum + Math.max(0, end.seq - (placeIn(from, end)?.seq ?? 0)), 0);
  if (behind > eventsMax) throw tooFarBehind(`it is ${behind} events behind`);
}

function tooFarBehind(how: string): AppError {
  return new AppError('conflict', 'The history is too far behind to count a profile anew', {
    details: [
      {
        field: '',
        message: `wait until the archive has caught up, ${how} (segue_log_lag_events of the reader archive), then do this again`,
      },
    ],
  });
}

function placeIn(places: readonly LanePosition[], of: LanePosition): LanePosition | undefined {
  return places.find(({ log, lane }) => log === of.log && lane === of.lane);
}

/** What the log holds of some nodes within a span. */
function readOwned(sql: Sql, span: Span, of: OwnedTail): Promise<LoggedEvent[]> {
  const { workspaceId, nodes, ownEventsMax = Number.POSITIVE_INFINITY } = of;
  const own = new Set(nodes);
  let found = 0;
  return readTail(sql, span, (event) => {
    const isOwn = event.workspaceId === workspaceId && event.type !== 'map' && own.has(event.nodes[0]?.id ?? 0);
    if (isOwn && ++found > ownEventsMax)
      throw tooFarBehind(`it lacks more than ${ownEventsMax} events of this profile`);
    return isOwn;
  });
}

interface Question {
  readonly batch: SubjectBatch;
  readonly subject: Subject;
  readonly types: readonly EventType[] | undefined;
  readonly ahead: Ahead | undefined;
  readonly limits: Limits;
}

async function* readSubject(history: History, question: Question): AsyncIterable<LoggedEvent> {
  const { batch, subject, types, ahead, limits } = question;
  const { sql, workspaceId } = batch;
  const nodes = nodeIdsOf(subject);
  const isAhead = ahead !== undefined && nodes.every((id) => ahead.nodes.has(id));
  // What came to it between the reading and the lock is not there: it is read as if nothing had been.
  const { archived, processed, events } = isAhead ? ahead : await nothingAhead(sql);
  const rest = { from: processed, to: await readPositions(sql, 'processor') };
  requireNear(rest, limits.lockedEventsMax);
  const own = new Set(nodes);
  const tail = [
    ...events.filter((event) => own.has(event.nodes[0]!.id)),
    ...(await readOwned(sql, rest, { workspaceId, nodes })),
  ];
  yield* joinPast(history, { workspaceId, nodes, types, cut: earlier(archived, processed), tail });
}

/** As if the log had been read up to where the archive stands. */
async function nothingAhead(sql: Sql): Promise<Omit<Ahead, 'nodes'>> {
  const archived = await readPositions(sql, 'archive');
  const processed = earlier(archived, await readPositions(sql, 'processor'));
  return { archived, processed, events: [] };
}

/**
 * What happened under these nodes, oldest first, as far as the processor has taken it. What the archive lacks is held at once:
 * stopped with a `conflict` when that is too much, to be read when the archive has caught up.
 */
export async function* readNodes(
  history: History,
  question: Owned & {
    sql: Sql;
    types?: readonly EventType[] | undefined;
    limits?: { readonly behindEventsMax?: number; readonly ownEventsMax?: number };
  },
): AsyncIterable<LoggedEvent> {
  const { sql, workspaceId, nodes, types, limits = {} } = question;
  if (nodes.length === 0) return;
  const { behindEventsMax = BEHIND_EVENTS_MAX, ownEventsMax = OWN_EVENTS_MAX } = limits;
  const owned = { workspaceId, nodes, ownEventsMax };
  const { archived, processed, events } = await readAhead(sql, owned, behindEventsMax);
  yield* joinPast(history, { workspaceId, nodes, types, cut: earlier(archived, processed), tail: events });
}

/** The history up to a cut, and behind it the log. */
function joinPast(
  history: History,
  of: Owned & { types: readonly EventType[] | undefined; cut: readonly LanePosition[]; tail: readonly LoggedEvent[] },
): AsyncIterable<LoggedEvent> {
  const { types, tail } = of;
  const wanted = tail.filter(({ type }) => types === undefined || types.includes(type)).sort(byTime);
  return mergeByTime(readPages(history, of), wanted);
}

/** Lane by lane the smaller position: the archive may be ahead of the processor. */
function earlier(a: readonly LanePosition[], b: readonly LanePosition[]): LanePosition[] {
  return a.map((position) => {
    return { ...position, seq: Math.min(position.seq, placeIn(b, position)?.seq ?? 0) };
  });
}

async function* readPages(
  history: History,
  question: Owned & { cut: readonly LanePosition[]; types: readonly EventType[] | undefined },
): AsyncIterable<LoggedEvent> {
  const { workspaceId, nodes, cut, types } = question;
  if (nodes.length === 0) return;
  let after: TimelineKey | undefined;
  for (;;) {
    const rows = await readPast(history, { workspaceId, nodes, cut, types, after, limit: PAGE_EVENTS });
    for (const row of rows) yield toEvent(row, workspaceId);
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

/**
 * What the log holds of these nodes beyond the archive, unordered. `isWhole` is false while the archive is too far behind to
 * read the rest on the spot, or there is something that the processor has not taken.
 */
export async function readUnarchived(
  sql: Sql,
  of: Owned,
): Promise<{ readonly events: readonly LoggedEvent[]; readonly isWhole: boolean }> {
  const archived = await readPositions(sql, 'archive');
  const processed = await readPositions(sql, 'processor');
  const isTaken = processed.every(({ seq, head }) => seq >= head);
  const behind = processed.reduce((sum, end) => sum + Math.max(0, end.seq - (placeIn(archived, end)?.seq ?? 0)), 0);
  if (behind > LOCKED_EVENTS_MAX) return { events: [], isWhole: false };
  return { events: await readOwned(sql, { from: archived, to: processed }, of), isWhole: isTaken };
}
