import type { History } from '../../../platform/clickhouse/index.ts';

export interface TimelineRow {
  log: number;
  lane: number;
  seq: number;
  message_id: string;
  type: string;
  name: string;
  occurred_ms: number;
  received_ms: number;
  node: number;
  sealed: string;
  payload: string;
}

/** Older than this, in the timeline's order: newest first. */
export interface TimelineKey {
  readonly occurredMs: number;
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
}

const COLUMNS = 'log, lane, seq, message_id, type, name, occurred_ms, received_ms, node, sealed, payload';

/** One profile's events. Reads by the table's order (workspace, node): only this customer's rows. */
export async function readTimeline(
  history: History,
  question: { workspaceId: number; nodes: readonly number[]; before: TimelineKey | undefined; limit: number },
): Promise<TimelineRow[]> {
  const { before } = question;
  return history.query<TimelineRow>({
    sql: `select ${COLUMNS} from history_events
          where workspace_id = {workspaceId: UInt32} and node in ({nodes: Array(UInt64)})
          ${before === undefined ? '' : 'and (occurred_ms, log, lane, seq) < ({occurredMs: Int64}, {log: Int64}, {lane: Int64}, {seq: Int64})'}
          order by occurred_ms desc, log desc, lane desc, seq desc
          limit {limit: UInt32}`,
    params: {
      workspaceId: question.workspaceId,
      nodes: question.nodes,
      limit: question.limit,
      ...(before === undefined ? {} : { ...before }),
    },
  });
}

/** How far the history counts in one lane. */
export interface LaneCut {
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
}

export interface PastRow extends Omit<TimelineRow, 'node'> {
  nodes: number[];
  kinds: number[];
}

/** What happened under some nodes up to a cut, oldest first, after a place in that order. Reads by the table's order. */
export async function readPast(
  history: History,
  question: {
    workspaceId: number;
    nodes: readonly number[];
    /** A lane without a cut is not read. */
    cut: readonly LaneCut[];
    types: readonly string[] | undefined;
    after: TimelineKey | undefined;
    limit: number;
  },
): Promise<PastRow[]> {
  const { after, types, cut } = question;
  return history.query<PastRow>({
    sql: `select log, lane, seq, message_id, type, name, occurred_ms, received_ms, nodes, kinds, sealed, payload
          from history_events
          where workspace_id = {workspaceId: UInt32} and node in ({nodes: Array(UInt64)})
          and seq < transform(toUInt16(log) * 256 + lane, {cutLanes: Array(UInt32)}, arrayMap(s -> s + 1, {cutSeqs: Array(UInt64)}), toUInt64(0))
          ${types === undefined ? '' : 'and type in ({types: Array(String)})'}
          ${after === undefined ? '' : 'and (occurred_ms, log, lane, seq) > ({occurredMs: Int64}, {log: Int64}, {lane: Int64}, {seq: Int64})'}
          order by occurred_ms, log, lane, seq
          limit {limit: UInt32}`,
    params: {
      workspaceId: question.workspaceId,
      nodes: question.nodes,
      cutLanes: cut.map(({ log, lane }) => log * 256 + lane),
      cutSeqs: cut.map(({ seq }) => seq),
      limit: question.limit,
      ...(types === undefined ? {} : { types }),
      ...(after === undefined ? {} : { ...after }),
    },
    priority: 'background',
  });
}

/** Profiles whose every event came from this one source, by the text of their ids. Reads the whole history. */
export async function listProfilesOnlyFrom(
  history: History,
  question: { workspaceId: number; source: number; afterId: string; limit: number },
): Promise<string[]> {
  const rows = await history.query<{ id: string }>({
    sql: `select toString(profile_id) as id
          from (select workspace_id, node, source from event
                where workspace_id = {workspaceId: UInt32} and type not in ('internal', 'map')) as e
          join (select workspace_id, node, profile_id from history_nodes where workspace_id = {workspaceId: UInt32}) as n
            using (workspace_id, node)
          where toString(profile_id) > {afterId: String}
          group by id having min(source) = {source: UInt32} and max(source) = {source: UInt32}
          order by id limit {limit: UInt32}`,
    params: { ...question },
    priority: 'background',
  });
  return rows.map((row) => row.id);
}

/** Events to forget: of one type, by name or the beginning of it, older than an instant. */
export interface ForgetRule {
  readonly workspaceId: number;
  readonly type: string;
  readonly name: EventNames;
  /** Names that an earlier rule decides about. */
  readonly except: readonly EventNames[];
  readonly beforeMs: number;
}

/** One name, or all that begin so. */
export interface EventNames {
  readonly text: string;
  readonly isBeginning: boolean;
}

/**
 * Removes a slice of events from the history for good: those of the oldest month that has any. False when there are none
 * left. Can be repeated at any time.
 */
export async function forgetEvents(history: History, rule: ForgetRule): Promise<boolean> {
  const condition = forgetCondition(rule);
  const [found] = await history.query<{ part: string }>({
    sql: `select _partition_id as part from event where workspace_id = ${Math.trunc(rule.workspaceId)} and ${condition} group by part order by part limit 1`,
    priority: 'background',
  });
  if (found === undefined) return false;
  // Not the lighter `delete`, which leaves them on the disk until a merge.
  await history.command(
    `alter table event delete in partition id '${found.part.replaceAll(/[^0-9A-Za-z_]/g, '')}' where workspace_id = ${Math.trunc(rule.workspaceId)} and ${condition} settings mutations_sync = 1`,
  );
  return true;
}

function forgetCondition({ type, name, except, beforeMs }: ForgetRule): string {
  const conditions = [
    `type = ${quoted(type)}`,
    `occurred_ms < ${Math.trunc(beforeMs)}`,
    namesSql(name),
    ...except.map((names) => `not (${namesSql(names)})`),
  ];
  return conditions.join(' and ');
}

function namesSql({ text, isBeginning }: EventNames): string {
  return isBeginning ? `startsWith(name, ${quoted(text)})` : `name = ${quoted(text)}`;
}

/** A statement that changes data takes no parameters. Hex holds nothing that could end the text. */
function quoted(text: string): string {
  return text === '' ? `''` : `unhex('${Buffer.from(text, 'utf8').toString('hex')}')`;
}
