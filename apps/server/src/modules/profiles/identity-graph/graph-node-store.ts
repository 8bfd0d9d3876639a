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

/**
 * Which of the profiles, or of what became part of them, an identifier has gone from or to without what is filed under it:
 * until that has followed, nothing may be told to either. One query, that asks no more where nobody waits.
 */
export async function findUnsettled(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql.query<{ root: string }>({
    name: 'profile_unsettled',
    text: `with recursive part as (
             select root, root as profile from unnest($2::uuid[]) as root
             where exists (select 1 from profile_rebuild where workspace_id = $1)
             union all
             select part.root, m.from_profile from profile_merge m join part on m.into_profile = part.profile
             where m.workspace_id = $1 and m.undone_at is null
           )
           select distinct root from part
           where exists (select 1 from profile_rebuild r where r.workspace_id = $1 and r.from_profile = part.profile)
              or exists (select 1 from profile_rebuild r where r.workspace_id = $1 and r.into_profile = part.profile)`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return new Set(rows.map((row) => row.root));
}

/** Profiles that are erased are counted no more; those on the other side of a pair still are. */
export async function keepOthersRebuilds(sql: Sql, workspaceId: number, erasedIds: readonly string[]): Promise<void> {
  await sql.query({
    text: `update profile_rebuild set
             from_profile = case when from_profile = any($2::uuid[]) then into_profile else from_profile end,
             into_profile = case when into_profile = any($2::uuid[]) then from_profile else into_profile end
           where workspace_id = $1 and (from_profile = any($2::uuid[])) <> (into_profile = any($2::uuid[]))`,
    values: [workspaceId, arrayLiteral(erasedIds)],
  });
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
