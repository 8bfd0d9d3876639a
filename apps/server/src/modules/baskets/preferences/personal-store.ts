import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

interface Named {
  readonly profileIds: readonly string[];
  readonly nodes: readonly number[];
}

export interface NamedSet {
  readonly id: string;
  readonly source: string;
  readonly isLinked: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Filed under one of her profiles or nodes. By `preference_set_profile` and `preference_set_node`. */
export async function listNamedSets(sql: Sql, workspaceId: number, subject: Named): Promise<NamedSet[]> {
  const { rows } = await sql.query<{
    id: string;
    source: string;
    is_linked: boolean;
    created_at: Date;
    updated_at: Date;
  }>({
    text: `select id, source, is_linked, created_at, updated_at from preference_set
           where workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[])) order by id`,
    values: [workspaceId, arrayLiteral(subject.profileIds), arrayLiteral(subject.nodes)],
  });
  return rows.map(({ id, source, is_linked: isLinked, created_at: createdAt, updated_at: updatedAt }) => ({
    ...{ id, source, isLinked, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
  }));
}

/** With all that was said there. */
export async function deleteNamedSets(sql: Sql, workspaceId: number, subject: Named): Promise<number> {
  const { rowCount } = await sql.query({
    text: `delete from preference_set
           where workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[]))`,
    values: [workspaceId, arrayLiteral(subject.profileIds), arrayLiteral(subject.nodes)],
  });
  return rowCount;
}

/** With all that was said there. By `preference_set_stale`. */
export async function deleteStaleSets(sql: Sql, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'preference_set_forget',
    // every workspace: how long what a guest prefers is kept is the same everywhere.
    text: `delete from preference_set p using (
             select workspace_id, id from preference_set where updated_at < $1 and not is_linked
             order by updated_at limit $2 for update skip locked) s
           where p.workspace_id = s.workspace_id and p.id = s.id`,
    values: [before, limit],
  });
  return rowCount;
}
