import type { History } from '../../../platform/clickhouse/index.ts';

/** A node id is ours, a number: it can stand in the text, which a mutation needs. */
function numbers(ids: readonly number[]): string {
  return ids.map((id) => String(Number(id))).join(', ');
}

/**
 * Rewrites the parts that hold something of these nodes and waits until that is done. The engine removes the old parts
 * eight minutes later (`old_parts_lifetime`); what was personal in them is unreadable since the keys are destroyed.
 */
export async function deleteNodesFromHistory(
  history: History,
  { workspaceId, nodes }: { workspaceId: number; nodes: readonly number[] },
): Promise<void> {
  for (const table of ['event', 'node_map']) {
    if ((await countNodeRows(history, table, { workspaceId, nodes })) === 0) continue;
    await history.command(
      `alter table ${table} delete where workspace_id = ${Number(workspaceId)} and node in (${numbers(nodes)}) settings mutations_sync = 2`,
    );
  }
}

async function countNodeRows(
  history: History,
  table: string,
  { workspaceId, nodes }: { workspaceId: number; nodes: readonly number[] },
): Promise<number> {
  const [row] = await history.query<{ n: number }>({
    sql: `select count() as n from ${table} where workspace_id = {workspaceId: UInt32} and node in ({nodes: Array(UInt64)})`,
    params: { workspaceId, nodes },
    priority: 'background',
  });
  return row?.n ?? 0;
}
