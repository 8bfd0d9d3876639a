import type { Handover } from '../../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** A profile on a list, and the identifier it was put there by. */
export interface ListMember {
  readonly node: number;
  readonly profileId: string;
}

/** Repeats change nothing. */
export async function insertListMembers(
  sql: Sql,
  workspaceId: number,
  added: { listId: string; members: readonly ListMember[]; at: Date },
): Promise<void> {
  if (added.members.length === 0) return;
  await sql.query({
    name: 'manual_list_member_insert',
    text: `insert into manual_list_member (workspace_id, list_id, node, profile_id, added_at)
           select distinct on (node) $1::integer, $2::uuid, node, profile_id, $5::timestamptz
           from unnest($3::bigint[], $4::uuid[]) as m(node, profile_id) order by node
           on conflict (workspace_id, list_id, node) do nothing`,
    values: [
      workspaceId,
      added.listId,
      arrayLiteral(added.members.map((member) => member.node)),
      arrayLiteral(added.members.map((member) => member.profileId)),
      added.at,
    ],
  });
}

/** Whichever identifiers it was put there by; answers whether it was on the list. */
export async function deleteListMember(
  sql: Sql,
  workspaceId: number,
  member: { listId: string; profileId: string },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'delete from manual_list_member where workspace_id = $1 and list_id = $2 and profile_id = $3',
    values: [workspaceId, member.listId, member.profileId],
  });
  return rowCount > 0;
}

/** Those of the profiles that are on the list. By `manual_list_member_list`. */
export async function findOnList(
  sql: Sql,
  workspaceId: number,
  asked: { listId: string; profileIds: readonly string[] },
): Promise<Set<string>> {
  const { rows } = await sql.query<{ profile_id: string }>({
    name: 'manual_list_member_find',
    text: `select distinct profile_id from manual_list_member
           where workspace_id = $1 and list_id = $2 and profile_id = any($3::uuid[])`,
    values: [workspaceId, asked.listId, arrayLiteral(asked.profileIds)],
  });
  return new Set(rows.map((row) => row.profile_id));
}

/** The lists each profile is on. By `manual_list_member_profile`. */
export async function listsOfProfiles(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, Set<string>>> {
  const lists = new Map<string, Set<string>>();
  if (profileIds.length === 0) return lists;
  const { rows } = await sql.query<{ profile_id: string; list_id: string }>({
    name: 'manual_list_of_profiles',
    text: 'select profile_id, list_id from manual_list_member where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  for (const row of rows) lists.set(row.profile_id, (lists.get(row.profile_id) ?? new Set()).add(row.list_id));
  return lists;
}

export async function pageListMembers(
  sql: Sql,
  workspaceId: number,
  page: { listId: string; afterId: string | null; limit: number },
): Promise<{ profile_id: string; added_at: Date }[]> {
  const { rows } = await sql.query<{ profile_id: string; added_at: Date }>({
    text: `select profile_id, min(added_at) as added_at from manual_list_member
           where workspace_id = $1 and list_id = $2 and ($3::uuid is null or profile_id > $3::uuid)
           group by profile_id order by profile_id limit $4`,
    values: [workspaceId, page.listId, page.afterId, page.limit],
  });
  return rows;
}

export async function countListMembers(
  sql: Sql,
  workspaceId: number,
  listIds: readonly string[],
): Promise<Map<string, number>> {
  if (listIds.length === 0) return new Map();
  const { rows } = await sql.query<{ list_id: string; members: number }>({
    text: `select list_id, count(distinct profile_id)::int as members from manual_list_member
           where workspace_id = $1 and list_id = any($2::uuid[]) group by list_id`,
    values: [workspaceId, arrayLiteral(listIds)],
  });
  return new Map(rows.map((row) => [row.list_id, row.members]));
}

/** Merged profiles' places are those of the profiles they became part of. */
export async function moveListMembers(
  sql: Sql,
  workspaceId: number,
  moves: ReadonlyMap<string, string>,
): Promise<void> {
  if (moves.size === 0) return;
  await sql.query({
    name: 'manual_list_member_follow',
    text: `update manual_list_member l set profile_id = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           where l.workspace_id = $1 and l.profile_id = m.origin`,
    values: [workspaceId, [...moves.keys()], [...moves.values()]],
  });
}

/** What is filed under a node goes where the node went. */
export async function handListMembersOver(
  sql: Sql,
  workspaceId: number,
  handovers: readonly Handover[],
): Promise<void> {
  const moves = handovers.flatMap(({ into, nodes }) => nodes.map(({ id }) => ({ node: id, into: into.id })));
  if (moves.length === 0) return;
  await sql.query({
    name: 'manual_list_member_hand_over',
    text: `update manual_list_member l set profile_id = m.target from unnest($2::bigint[], $3::uuid[]) as m(node, target)
           where l.workspace_id = $1 and l.node = m.node`,
    values: [workspaceId, arrayLiteral(moves.map((move) => move.node)), moves.map((move) => move.into)],
  });
}

/** The lists a profile is on, by name. By `manual_list_member_profile`. */
export async function listListsOfProfile(
  sql: Sql,
  workspaceId: number,
  profileId: string,
): Promise<{ id: string; name: string }[]> {
  const { rows } = await sql.query<{ id: string; name: string }>({
    text: `select distinct l.id, l.name from manual_list_member m
           join manual_list l on l.workspace_id = m.workspace_id and l.id = m.list_id and l.archived_at is null
           where m.workspace_id = $1 and m.profile_id = $2 order by l.name, l.id`,
    values: [workspaceId, profileId],
  });
  return rows;
}
