import { arrayLiteral, isRetryable, type Sql } from '../../../platform/postgres/index.ts';

/** Whether the database failed in passing, so that the same statement may succeed later. */
export const isPassingFault = isRetryable;

export interface GraphNodeRow {
  id: number;
  kind: number;
  profile_id: string | null;
  value: Buffer;
  wrapped_key: Buffer | null;
  created_at: Date;
}

/** Nodes by id, whosever they are. By primary key. */
export async function listGraphNodes(
  sql: Sql,
  workspaceId: number,
  nodeIds: readonly number[],
): Promise<GraphNodeRow[]> {
  if (nodeIds.length === 0) return [];
  const { rows } = await sql.query<GraphNodeRow>({
    text: `select id, kind, profile_id, value, wrapped_key, created_at from identity_node
           where workspace_id = $1 and id = any($2::bigint[])`,
    values: [workspaceId, arrayLiteral(nodeIds)],
  });
  return rows;
}

/** The list of nodes beside the state says what the state says: bits as in `NODE_FLAGS`. */
export async function clearNodeFlags(sql: Sql, workspaceId: number, node: number): Promise<void> {
  await sql.query({
    text: 'update identity_node set flags = 0 where workspace_id = $1 and id = $2',
    values: [workspaceId, node],
  });
}

export interface RebuildRow {
  workspace_id: number;
  id: number;
  from_profile: string;
  into_profile: string;
  nodes: number[];
}

/** What waits to be counted anew, in the order of the queue. */
export async function listRebuilds(sql: Sql, limit: number): Promise<RebuildRow[]> {
  const { rows } = await sql.query<RebuildRow>({
    // every workspace: one round looks after all of them.
    text: 'select workspace_id, id, from_profile, into_profile, nodes from profile_rebuild order by id limit $1',
    values: [limit],
  });
  return rows;
}

/** Takes it out; false when somebody else did. */
export async function takeRebuild(sql: Sql, workspaceId: number, id: number): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'delete from profile_rebuild where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
  return rowCount === 1;
}

/** To the end of the queue. Does nothing when somebody else took it. */
export async function postponeRebuild(sql: Sql, workspaceId: number, id: number): Promise<void> {
  await sql.query({
    text: 'update profile_rebuild set id = default where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
}
