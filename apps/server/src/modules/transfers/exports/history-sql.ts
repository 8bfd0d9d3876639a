import type { History } from '../../../platform/clickhouse/index.ts';

export interface PastEvent {
  readonly message_id: string;
  readonly type: string;
  readonly name: string;
  readonly occurred_ms: number;
  readonly node: number;
  readonly sealed: string;
  readonly payload: string;
}

const TIMEOUT_MS = 3_600_000;

interface Asked {
  readonly workspaceId: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly isOrders: boolean;
}

/** What customers did, piece by piece; not what Segue itself made happen. */
export function streamPast(history: History, asked: Asked): AsyncIterable<PastEvent[]> {
  return history.stream<PastEvent>({
    sql: `select message_id, type, name, occurred_ms, node, sealed, toString(payload) as payload ${fromPast(asked)}`,
    params: { workspaceId: asked.workspaceId, fromMs: asked.fromMs, toMs: asked.toMs },
    timeoutMs: TIMEOUT_MS,
    priority: 'background',
  });
}

/** How many `streamPast` gives. */
export async function countPast(history: History, asked: Asked): Promise<number> {
  const [row] = await history.query<{ n: number }>({
    sql: `select count() as n ${fromPast(asked)}`,
    params: { workspaceId: asked.workspaceId, fromMs: asked.fromMs, toMs: asked.toMs },
    timeoutMs: TIMEOUT_MS,
    priority: 'background',
  });
  return Number(row?.n ?? 0);
}

function fromPast({ isOrders }: Asked): string {
  return `from history_events
          where workspace_id = {workspaceId: Int64} and occurred_ms >= {fromMs: Int64} and occurred_ms < {toMs: Int64}
            and ${isOrders ? `type = 'track' and name = 'Order Completed'` : `type in ('track', 'page', 'screen')`}`;
}
