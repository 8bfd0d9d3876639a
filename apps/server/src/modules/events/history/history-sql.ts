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
