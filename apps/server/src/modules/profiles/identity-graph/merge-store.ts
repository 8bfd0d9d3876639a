import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface KeptMergeRow {
  id: string;
  from_profile: string;
  into_profile: string;
  from_nodes: number[];
  into_nodes: number[];
  merged_at: Date;
  cause_kind: 'event' | 'member';
  cause_message_id: string;
  cause_type: string | null;
  cause_name: string | null;
  cause_at: Date | null;
  actor: string | null;
  matched: number[];
  outcome: Buffer | null;
  outcome_node: number | null;
  outcome_into: number | null;
  undone_at: Date | null;
  undone_by: string | null;
}

const COLUMNS = `id, from_profile, into_profile, from_nodes, into_nodes, merged_at, cause_kind, cause_message_id, cause_type, cause_name,
  cause_at, actor, matched, outcome, outcome_node, outcome_into, undone_at, undone_by`;

export async function findMerge(sql: Sql, workspaceId: number, id: string): Promise<KeptMergeRow | undefined> {
  const { rows } = await sql.query<KeptMergeRow>({
    text: `select ${COLUMNS} from profile_merge where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** The merges by which profiles went, that are not undone: at most one of each. */
export async function findMergesFrom(
  sql: Sql,
  workspaceId: number,
  fromProfiles: readonly string[],
): Promise<KeptMergeRow[]> {
  const { rows } = await sql.query<KeptMergeRow>({
    text: `select ${COLUMNS} from profile_merge
           where workspace_id = $1 and from_profile = any($2::uuid[]) and undone_at is null`,
    values: [workspaceId, arrayLiteral(fromProfiles)],
  });
  return rows;
}

/**
 * Everything that ever became part of a profile, newest first: the merges into it and into what is part of it, and how it
 * was part of others itself until that was undone. At most `limit`.
 */
export async function listMergesOf(
  sql: Sql,
  workspaceId: number,
  question: { profileId: string; limit: number },
): Promise<KeptMergeRow[]> {
  const { rows } = await sql.query<KeptMergeRow>({
    text: `with recursive part as (
             select $2::uuid as profile
             union
             select m.from_profile from profile_merge m join part on m.into_profile = part.profile
             where m.workspace_id = $1 and m.undone_at is null
           )
           select ${COLUMNS} from profile_merge m
           where m.workspace_id = $1
             and (m.into_profile in (select profile from part) or (m.from_profile = $2 and m.undone_at is not null))
           order by m.merged_at desc, m.id desc limit $3`,
    values: [workspaceId, question.profileId, question.limit],
  });
  return rows;
}

/** How many profiles are part of each, those that came with others included. */
export async function countMergesInto(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ root: string; n: number }>({
    text: `with recursive part as (
             select root, root as profile from unnest($2::uuid[]) as root
             union all
             select part.root, m.from_profile from profile_merge m join part on m.into_profile = part.profile
             where m.workspace_id = $1 and m.undone_at is null
           )
           select root, count(*)::int - 1 as n from part group by root`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return new Map(rows.map((row) => [row.root, row.n]));
}

/** Marks a merge as undone, its profile as there again; false when it was undone already. */
export async function undoMerge(
  sql: Sql,
  workspaceId: number,
  undone: { id: string; profileId: string; at: Date; by: string },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update profile_merge set undone_at = $3, undone_by = $4
           where workspace_id = $1 and id = $2 and undone_at is null`,
    values: [workspaceId, undone.id, undone.at, undone.by],
  });
  if (rowCount === 0) return false;
  await sql.query({
    text: 'update profile set merged_into = null, merged_at = null where workspace_id = $1 and id = $2',
    values: [workspaceId, undone.profileId],
  });
  return true;
}

/**
 * Nodes that are no longer part of `profileId`: what it, and everything it became part of, brought further no longer
 * holds them, so that undoing one of those merges later does not take what came back by another way.
 */
export async function withdrawNodes(
  sql: Sql,
  workspaceId: number,
  gone: { profileId: string; nodes: readonly number[] },
): Promise<void> {
  await sql.query({
    text: `with recursive up as (
             select id, into_profile from profile_merge
             where workspace_id = $1 and from_profile = $2 and undone_at is null
             union all
             select m.id, m.into_profile from profile_merge m join up on m.from_profile = up.into_profile
             where m.workspace_id = $1 and m.undone_at is null
           )
           update profile_merge set from_nodes = array(
             select node from unnest(from_nodes) with ordinality as n(node, place)
             where node <> all($3::bigint[]) order by place)
           where workspace_id = $1 and id in (select id from up)`,
    values: [workspaceId, gone.profileId, arrayLiteral(gone.nodes)],
  });
}

export interface MergeExplanation {
  readonly id: string;
  readonly cause: { readonly type: string; readonly name: string; readonly at: Date } | undefined;
  readonly matched: readonly number[];
  /** What the profile that stayed had before. */
  readonly intoNodes: readonly number[];
  readonly outcome: Buffer | null;
  readonly outcomeNode: number | null;
  readonly outcomeInto: number | null;
}

/** Adds to merges of this transaction why they happened and what became of the traits. */
export async function explainMerge(sql: Sql, workspaceId: number, merge: MergeExplanation): Promise<void> {
  await sql.query({
    name: 'profile_merge_explain',
    text: `update profile_merge set cause_type = $3, cause_name = $4, cause_at = $5,
             matched = case when matched = '{}' then $6::bigint[] else matched end,
             outcome = $7, outcome_node = $8, outcome_into = $9,
             into_nodes = case when into_nodes = '{}' then $10::bigint[] else into_nodes end
           where workspace_id = $1 and id = $2`,
    values: [
      workspaceId,
      merge.id,
      merge.cause?.type ?? null,
      merge.cause?.name ?? null,
      merge.cause?.at ?? null,
      arrayLiteral(merge.matched),
      merge.outcome,
      merge.outcomeNode,
      merge.outcomeInto,
      arrayLiteral(merge.intoNodes),
    ],
  });
}

/** A merge that somebody decided: marks the profile as merged away and keeps what undoing needs. */
export async function recordMemberMerge(
  sql: Sql,
  workspaceId: number,
  merge: {
    id: string;
    from: string;
    into: string;
    nodes: readonly number[];
    intoNodes: readonly number[];
    actor: string;
    at: Date;
  },
): Promise<void> {
  await sql.query({
    text: 'update profile set merged_into = $3, merged_at = $4 where workspace_id = $1 and id = $2',
    values: [workspaceId, merge.from, merge.into, merge.at],
  });
  await sql.query({
    text: `insert into profile_merge
             (workspace_id, id, from_profile, into_profile, from_nodes, into_nodes, cause_message_id, cause_kind, actor, merged_at)
           values ($1, $2, $3, $4, $5::bigint[], $6::bigint[], '', 'member', $7, $8)`,
    values: [
      workspaceId,
      merge.id,
      merge.from,
      merge.into,
      arrayLiteral(merge.nodes),
      arrayLiteral(merge.intoNodes),
      merge.actor,
      merge.at,
    ],
  });
}
