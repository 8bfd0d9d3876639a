import type { ConflictReason } from './decide-identity.ts';
import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

export interface ProfileRow {
  id: string;
  created_at: Date;
}

export async function insertProfiles(
  sql: Sql,
  workspaceId: number,
  profiles: readonly { id: string; createdAt: Date }[],
): Promise<void> {
  if (profiles.length === 0) return;
  await sql.query({
    name: 'profile_insert',
    text: `insert into profile (workspace_id, id, created_at)
           select $1, id, created_at from unnest($2::uuid[], $3::timestamptz[]) as p(id, created_at)`,
    values: [workspaceId, profiles.map((p) => p.id), profiles.map((p) => p.createdAt)],
  });
}

export interface MergeRow {
  readonly id: string;
  readonly from: string;
  readonly into: string;
  readonly nodes: readonly number[];
  readonly causeMessageId: string;
}

/** Marks profiles as merged away and keeps what is needed to explain and undo it. */
export async function recordMerges(
  sql: Sql,
  workspaceId: number,
  options: { merges: readonly MergeRow[]; at: Date },
): Promise<void> {
  const { merges, at } = options;
  if (merges.length === 0) return;
  await sql.query({
    name: 'profile_mark_merged',
    text: `update profile p set merged_into = m.target, merged_at = $4
           from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           where p.workspace_id = $1 and p.id = m.origin`,
    values: [workspaceId, merges.map((m) => m.from), merges.map((m) => m.into), at],
  });
  // Node lists differ in length, so they travel as text and are cut up by the database.
  await sql.query({
    name: 'profile_merge_insert',
    text: `insert into profile_merge (workspace_id, id, from_profile, into_profile, from_nodes, cause_message_id, merged_at)
           select $1, id, origin, target, string_to_array(nodes, ',')::bigint[], cause, $7
           from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[]) as m(id, origin, target, nodes, cause)`,
    values: [
      workspaceId,
      merges.map((m) => m.id),
      merges.map((m) => m.from),
      merges.map((m) => m.into),
      merges.map((m) => m.nodes.join(',')),
      merges.map((m) => m.causeMessageId),
      at,
    ],
  });
}

/**
 * Nodes that left the profiles they were brought to, for one that lives on: no merge into those, nor into what they are
 * made of, brought them any longer, so that undoing it later does not carry off what came back by another way.
 */
export async function withdrawBrought(
  sql: Sql,
  workspaceId: number,
  gone: readonly { readonly profileId: string; readonly node: number }[],
): Promise<void> {
  if (gone.length === 0) return;
  await sql.query({
    name: 'profile_merge_withdraw',
    text: `with recursive down as (
             select m.id, m.from_profile, g.node from unnest($2::uuid[], $3::bigint[]) as g(profile, node)
             join profile_merge m on m.workspace_id = $1 and m.into_profile = g.profile and m.undone_at is null
             union all
             select m.id, m.from_profile, down.node from profile_merge m join down on m.into_profile = down.from_profile
             where m.workspace_id = $1 and m.undone_at is null
           ), lost as (
             select id, array_agg(node) as nodes from down group by id
           )
           update profile_merge m set from_nodes = array(
             select node from unnest(m.from_nodes) with ordinality as n(node, place)
             where node <> all(lost.nodes) order by place)
           from lost where m.workspace_id = $1 and m.id = lost.id and m.from_nodes && lost.nodes`,
    values: [workspaceId, gone.map(({ profileId }) => profileId), arrayLiteral(gone.map(({ node }) => node))],
  });
}

/** An identifier that was left where it is, and why. */
export interface ConflictNote {
  /** Who got the event. */
  readonly profileId: string;
  readonly node: number;
  /** Whose the identifier stayed; null: nobody's. */
  readonly owner: string | null;
  readonly reason: ConflictReason;
  readonly causeMessageId: string;
}

/** Notes whose state is to be counted anew because a node was taken from it. */
export async function askForRebuilds(
  sql: Sql,
  workspaceId: number,
  options: {
    taken: readonly { readonly from: string; readonly into: string; readonly node: number; readonly reason: string }[];
    at: Date;
  },
): Promise<void> {
  const { taken, at } = options;
  if (taken.length === 0) return;
  await sql.query({
    name: 'profile_rebuild_ask',
    text: `insert into profile_rebuild (workspace_id, from_profile, into_profile, nodes, reason, asked_at)
           select $1, origin, target, array[node], reason, $6
           from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[]) as t(origin, target, node, reason)`,
    values: [
      workspaceId,
      taken.map((one) => one.from),
      taken.map((one) => one.into),
      taken.map((one) => one.node),
      taken.map((one) => one.reason),
      at,
    ],
  });
}

/** Seen again, a conflict is counted, not noted anew. Answers the profiles of which one for this reason is the first ever. */
export async function recordConflicts(
  sql: Sql,
  workspaceId: number,
  options: { conflicts: readonly ConflictNote[]; at: Date; alertReason: ConflictReason },
): Promise<ReadonlySet<string>> {
  const { conflicts, at, alertReason } = options;
  if (conflicts.length === 0) return new Set();
  const { rows } = await sql.query<{ profile_id: string }>({
    name: 'identity_conflict_insert',
    // The question at the end does not see what is noted by the same statement.
    text: `with noted as (
           insert into identity_conflict
             (workspace_id, profile_id, node, cause_message_id, found_at, last_seen_at, owner_profile, reason)
           select $1, profile_id, node, cause, $5, $5, owner, reason
           from unnest($2::uuid[], $3::bigint[], $4::text[], $6::uuid[], $7::text[]) as c(profile_id, node, cause, owner, reason)
           order by profile_id, node
           on conflict (workspace_id, profile_id, node) do update
             set last_seen_at = excluded.last_seen_at, seen_count = identity_conflict.seen_count + 1
           returning profile_id, reason
         )
         select distinct profile_id from noted where reason = $8 and not exists (
           select 1 from identity_conflict e
           where e.workspace_id = $1 and e.profile_id = noted.profile_id and e.reason = $8
         )`,
    values: [
      workspaceId,
      conflicts.map((c) => c.profileId),
      conflicts.map((c) => c.node),
      conflicts.map((c) => c.causeMessageId),
      at,
      conflicts.map((c) => c.owner),
      conflicts.map((c) => c.reason),
      alertReason,
    ],
  });
  return new Set(rows.map((row) => row.profile_id));
}

/** Where each profile went: itself, or the one it was merged into, however many times. Unknown ids are left out. */
export async function followMerged(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql.query<{ origin: string; id: string }>({
    name: 'profile_follow',
    text: `with recursive path as (
             select id as origin, id, merged_into from profile where workspace_id = $1 and id = any($2::uuid[])
             union all
             select path.origin, p.id, p.merged_into from path
             join profile p on p.workspace_id = $1 and p.id = path.merged_into
           )
           select origin, id from path where merged_into is null`,
    values: [workspaceId, ids],
  });
  return new Map(rows.map((row) => [row.origin, row.id]));
}

/** Newest first, `limit` of them, older than the cursor. */
export async function listProfiles(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<ProfileRow[]> {
  const { rows } = await sql.query<ProfileRow>({
    name: 'profile_list',
    text: `select id, created_at from profile
           where workspace_id = $1 and merged_into is null and ($2::uuid is null or id < $2::uuid)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId ?? null, page.limit],
  });
  return rows;
}

/** Ids in order, for whoever has to visit every profile in pages. */
export async function listProfileIdsAfter(
  sql: Sql,
  workspaceId: number,
  page: { afterId: string | null; limit: number },
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'profile_ids_after',
    text: `select id from profile
           where workspace_id = $1 and merged_into is null and ($2::uuid is null or id > $2::uuid)
           order by id limit $3`,
    values: [workspaceId, page.afterId, page.limit],
  });
  return rows.map((row) => row.id);
}

export async function findProfiles(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<ProfileRow[]> {
  const { rows } = await sql.query<ProfileRow>({
    name: 'profile_find',
    text: 'select id, created_at from profile where workspace_id = $1 and id = any($2::uuid[]) and merged_into is null',
    values: [workspaceId, ids],
  });
  return rows;
}
