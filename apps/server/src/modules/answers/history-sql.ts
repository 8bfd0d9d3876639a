import type { History } from '../../platform/clickhouse/index.ts';

export interface AnswerRow {
  log: number;
  lane: number;
  seq: number;
  message_id: string;
  name: string;
  occurred_ms: number;
  node: number;
  sealed: string;
  payload: string;
  part: number;
}

/**
 * Of each part the newest events with its names, of some nodes. Reads by the table's order (workspace, node): only this
 * customer's rows.
 */
export async function readNewestByPart(
  history: History,
  question: {
    workspaceId: number;
    nodes: readonly number[];
    types: readonly string[];
    parts: readonly (readonly string[])[];
    limit: number;
  },
): Promise<AnswerRow[]> {
  const names = question.parts.flat();
  return history.query<AnswerRow>({
    sql: `select log, lane, seq, message_id, name, occurred_ms, node, sealed, payload,
                 transform(name, {names: Array(String)}, {partOfName: Array(UInt8)}, toUInt8(255)) as part
          from history_events
          where workspace_id = {workspaceId: UInt32} and node in ({nodes: Array(UInt64)})
            and type in ({types: Array(String)}) and name in ({names: Array(String)})
          order by part, occurred_ms desc, log desc, lane desc, seq desc
          limit {limit: UInt32} by part`,
    params: {
      workspaceId: question.workspaceId,
      nodes: question.nodes,
      types: question.types,
      names,
      partOfName: question.parts.flatMap((part, index) => part.map(() => index)),
      limit: question.limit,
    },
  });
}
