import type { ComputedTraitRule } from '@segue/contract';

import type { Sql } from '../../../platform/postgres/index.ts';

export interface ComputedTraitRow {
  id: string;
  name: string;
  rule: ComputedTraitRule;
  created_at: Date;
  /** Its history is counted, or its changed rule's is. */
  is_filling: boolean;
}

const SELECT = `select t.id, t.name, t.rule, t.created_at,
    coalesce(s.status <> 'live' or s.next_rule is not null or s.is_changed, false) as is_filling
  from computed_trait t left join segment s on s.workspace_id = t.workspace_id and s.id = t.id`;

/** False when another one has the name. */
export async function insertComputedTrait(
  sql: Sql,
  trait: { workspaceId: number; id: string; name: string; rule: ComputedTraitRule; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into computed_trait (workspace_id, id, name, rule, created_at, changed_at)
           values ($1, $2, $3, $4, $5, $5) on conflict do nothing`,
    values: [trait.workspaceId, trait.id, trait.name, JSON.stringify(trait.rule), trait.at],
  });
  return rowCount === 1;
}

export async function setComputedRule(
  sql: Sql,
  trait: { workspaceId: number; id: string; rule: ComputedTraitRule; at: Date },
): Promise<void> {
  await sql.query({
    text: 'update computed_trait set rule = $3, changed_at = $4 where workspace_id = $1 and id = $2',
    values: [trait.workspaceId, trait.id, JSON.stringify(trait.rule), trait.at],
  });
}

export async function archiveComputedRow(
  sql: Sql,
  trait: { workspaceId: number; id: string; at: Date },
): Promise<void> {
  await sql.query({
    text: 'update computed_trait set archived_at = $3 where workspace_id = $1 and id = $2',
    values: [trait.workspaceId, trait.id, trait.at],
  });
}

/** All there are. */
export async function listComputedTraits(sql: Sql, workspaceId: number): Promise<ComputedTraitRow[]> {
  const { rows } = await sql.query<ComputedTraitRow>({
    text: `${SELECT} where t.workspace_id = $1 and t.archived_at is null order by t.id`,
    values: [workspaceId],
  });
  return rows;
}

export async function findComputedTrait(
  sql: Sql,
  workspaceId: number,
  id: string,
): Promise<ComputedTraitRow | undefined> {
  const { rows } = await sql.query<ComputedTraitRow>({
    text: `${SELECT} where t.workspace_id = $1 and t.id = $2 and t.archived_at is null`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Newest first. */
export async function pageComputedTraits(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<ComputedTraitRow[]> {
  const { rows } = await sql.query<ComputedTraitRow>({
    text: `${SELECT} where t.workspace_id = $1 and t.archived_at is null and ($2::uuid is null or t.id < $2::uuid)
           order by t.id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}
