import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** A place in a lane. */
export interface LaneMark {
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
}

export interface ErasureRow {
  profile_id: string;
  profile_ids: string[];
  nodes: number[];
  state: 'destroyed' | 'marked' | 'swept';
  marks: LaneMark[] | null;
  counts: Record<string, number>;
}

export async function findErasure(
  sql: Sql,
  workspaceId: number,
  { profileId, lock }: { profileId: string; lock?: boolean },
): Promise<ErasureRow | undefined> {
  const { rows } = await sql.query<ErasureRow>({
    text: `select profile_id, profile_ids, nodes, state, marks, counts from erasure
           where workspace_id = $1 and profile_id = $2 ${lock === true ? 'for update' : ''}`,
    values: [workspaceId, profileId],
  });
  return rows[0];
}

export async function insertErasure(
  sql: Sql,
  workspaceId: number,
  erasure: Pick<ErasureRow, 'profile_id' | 'profile_ids' | 'nodes' | 'counts'>,
): Promise<void> {
  await sql.query({
    text: `insert into erasure (workspace_id, profile_id, profile_ids, nodes, state, destroyed_at, counts)
           values ($1, $2, $3, $4::bigint[], 'destroyed', clock_timestamp(), $5)`,
    values: [workspaceId, erasure.profile_id, erasure.profile_ids, arrayLiteral(erasure.nodes), erasure.counts],
  });
}

/**
 * Whether every transaction that may have read nodes before their keys were destroyed is over: those that began before
 * the destruction committed, which was at the latest when somebody could first read its row.
 */
export async function areOlderTransactionsOver(sql: Sql, workspaceId: number, profileId: string): Promise<boolean> {
  const { rows } = await sql.query<{ is_over: boolean }>({
    text: `with seen as materialized (
             update erasure set destroyed_at = case when marks is null then clock_timestamp() else destroyed_at end, marks = coalesce(marks, '[]')
             where workspace_id = $1 and profile_id = $2 returning destroyed_at)
           select not exists (
             select from pg_stat_activity a, seen
             where a.datname = current_database() and a.backend_type = 'client backend' and a.xact_start < seen.destroyed_at and a.pid <> pg_backend_pid()) as is_over
           from seen`,
    values: [workspaceId, profileId],
  });
  return rows[0]?.is_over ?? true;
}

/** Notes where every lane ends: what may still be written under her nodes lies before. */
export async function markErasure(sql: Sql, workspaceId: number, profileId: string): Promise<void> {
  await sql.query({
    text: `update erasure set state = 'marked', marks = (
             select jsonb_agg(jsonb_build_object('log', log, 'lane', lane, 'seq', head)) from log_lane)
           where workspace_id = $1 and profile_id = $2 and state = 'destroyed'`,
    values: [workspaceId, profileId],
  });
}

export async function sweptErasure(
  sql: Sql,
  workspaceId: number,
  erasure: { profileId: string; counts: Readonly<Record<string, number>> },
): Promise<void> {
  await sql.query({
    text: `update erasure set state = 'swept', counts = $3 where workspace_id = $1 and profile_id = $2`,
    values: [workspaceId, erasure.profileId, erasure.counts],
  });
}

export async function deleteErasure(
  sql: Sql,
  workspaceId: number,
  { profile_id, profile_ids }: Pick<ErasureRow, 'profile_id' | 'profile_ids'>,
): Promise<void> {
  await sql.query({
    text: 'delete from profile where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, profile_ids],
  });
  await sql.query({
    text: 'delete from erasure where workspace_id = $1 and profile_id = $2',
    values: [workspaceId, profile_id],
  });
}

/** The profile and all that were merged into it, however many times. */
export async function listProfileFamily(sql: Sql, workspaceId: number, profileId: string): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: `with recursive family as (
             select id from profile where workspace_id = $1 and id = $2
             union select p.id from profile p join family f on p.merged_into = f.id where p.workspace_id = $1)
           select id from family`,
    values: [workspaceId, profileId],
  });
  return rows.map((row) => row.id);
}

/** Answers whose bodies are looked through for her. */
export async function pageKeptAnswers(
  sql: Sql,
  workspaceId: number,
  page: { afterKey: string; limit: number },
): Promise<{ key: string; body: Buffer | null }[]> {
  const { rows } = await sql.query<{ key: string; body: Buffer | null }>({
    text: `select key, body from idempotency_key where workspace_id = $1 and key > $2 order by key limit $3`,
    values: [workspaceId, page.afterKey, page.limit],
  });
  return rows;
}

/** The key stays, so that the wish is not granted twice; only the answer is forgotten. */
export async function forgetAnswers(sql: Sql, workspaceId: number, keys: readonly string[]): Promise<void> {
  await sql.query({
    text: `update idempotency_key set body = null where workspace_id = $1 and key = any($2::text[])`,
    values: [workspaceId, keys],
  });
}
