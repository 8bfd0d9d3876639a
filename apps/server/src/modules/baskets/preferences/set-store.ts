import type { Handover } from '../../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { BasketOwner } from '../basket.ts';
import type { PreferenceSet } from './preference-set.ts';

interface SetRow {
  id: string;
  token: string;
  profile_id: string | null;
  node: number | null;
  is_linked: boolean;
  source: 'api' | 'device';
  version: number;
}

const COLUMNS = 'id, token, profile_id, node, is_linked, source, version';

function setOf({ profile_id: profileId, is_linked: isLinked, ...row }: SetRow): PreferenceSet {
  return { ...row, profileId, isLinked };
}

export async function findSetByToken(sql: Sql, workspaceId: number, token: string): Promise<PreferenceSet | undefined> {
  const { rows } = await sql.query<SetRow>({
    name: 'preference_set_by_token',
    text: `select ${COLUMNS} from preference_set where workspace_id = $1 and token = $2`,
    values: [workspaceId, token],
  });
  return rows.map(setOf)[0];
}

export async function readSet(sql: Sql, workspaceId: number, id: string): Promise<PreferenceSet | undefined> {
  const { rows } = await sql.query<SetRow>({
    name: 'preference_set_read',
    text: `select ${COLUMNS} from preference_set where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows.map(setOf)[0];
}

/** By id, in one order; whoever locks them is alone with them until the transaction ends. */
export async function lockSets(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<PreferenceSet[]> {
  const { rows } = await sql.query<SetRow>({
    name: 'preference_set_lock',
    text: `select ${COLUMNS} from preference_set where workspace_id = $1 and id = any($2::uuid[])
           order by id for no key update`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map(setOf);
}

type NewSet = Pick<PreferenceSet, 'id' | 'token' | 'profileId' | 'node' | 'isLinked'> & { readonly at: Date };

/** A device's. */
export async function insertSet(sql: Sql, workspaceId: number, set: NewSet): Promise<void> {
  await sql.query({
    name: 'preference_set_insert',
    text: `insert into preference_set (workspace_id, id, token, profile_id, node, is_linked, source, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, 'device', $7, $7)`,
    values: [workspaceId, set.id, set.token, set.profileId, set.node, set.isLinked, set.at],
  });
}

/** What servers say under one identifier; locked. By `preference_set_api`. */
export async function ensureApiSet(sql: Sql, workspaceId: number, set: Omit<NewSet, 'isLinked'>): Promise<string> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'preference_set_of_api',
    text: `insert into preference_set as s
             (workspace_id, id, token, profile_id, node, is_linked, source, created_at, updated_at)
           values ($1, $2, $3, $4, $5, true, 'api', $6, $6)
           on conflict (workspace_id, node) where source = 'api'
             do update set profile_id = coalesce(s.profile_id, excluded.profile_id)
           returning id`,
    values: [workspaceId, set.id, set.token, set.profileId, set.node, set.at],
  });
  return rows[0]!.id;
}

/** A word was said there. `owner`: whose it is from now on, of one that is nobody's yet. */
export async function touchSet(
  sql: Sql,
  workspaceId: number,
  set: { id: string; owner: BasketOwner; isLinked: boolean; at: Date },
): Promise<void> {
  await sql.query({
    name: 'preference_set_touch',
    text: `update preference_set set version = version + 1, profile_id = $3, node = $4, is_linked = $5, updated_at = $6
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, set.id, set.owner.profileId, set.owner.node, set.isLinked, set.at],
  });
}

export async function renewTokens(
  sql: Sql,
  workspaceId: number,
  tokens: readonly { id: string; token: string }[],
): Promise<void> {
  await sql.query({
    name: 'preference_set_tokens',
    text: `update preference_set s set token = r.token
           from unnest($2::uuid[], $3::text[]) as r(id, token) where s.workspace_id = $1 and s.id = r.id`,
    values: [workspaceId, arrayLiteral(tokens.map(({ id }) => id)), tokens.map(({ token }) => token)],
  });
}

export async function deleteSet(sql: Sql, workspaceId: number, id: string): Promise<void> {
  await sql.query({
    name: 'preference_set_delete',
    text: 'delete from preference_set where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
}

/** What is filed under merged profiles is that of the profiles they became part of. By `preference_set_profile`. */
export async function moveSets(sql: Sql, workspaceId: number, finals: ReadonlyMap<string, string>): Promise<void> {
  if (finals.size === 0) return;
  await sql.query({
    name: 'preference_set_merged',
    text: `update preference_set s set profile_id = m.target
           from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           where s.workspace_id = $1 and s.profile_id = m.origin`,
    values: [workspaceId, arrayLiteral([...finals.keys()]), arrayLiteral([...finals.values()])],
  });
}

/** What is filed under a node goes where the node went. By `preference_set_node`. */
export async function handSetsOver(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<void> {
  const targets = new Map(handovers.flatMap(({ into, nodes }) => nodes.map(({ id }) => [id, into.id] as const)));
  if (targets.size === 0) return;
  await sql.query({
    name: 'preference_set_handed',
    text: `update preference_set s set profile_id = h.target
           from unnest($2::bigint[], $3::uuid[]) as h(node, target) where s.workspace_id = $1 and s.node = h.node`,
    values: [workspaceId, arrayLiteral([...targets.keys()]), arrayLiteral([...targets.values()])],
  });
}

/** Nodes whose preferences wait for their profile to be known. By `preference_set_node`. */
export async function listWaitingNodes(sql: Sql, workspaceId: number, nodes: readonly number[]): Promise<number[]> {
  if (nodes.length === 0) return [];
  const { rows } = await sql.query<{ node: number }>({
    name: 'preference_set_waiting',
    text: `select distinct node from preference_set
           where workspace_id = $1 and node = any($2::bigint[]) and profile_id is null`,
    values: [workspaceId, arrayLiteral(nodes)],
  });
  return rows.map((row) => row.node);
}

export async function giveSets(sql: Sql, workspaceId: number, owners: ReadonlyMap<number, string>): Promise<void> {
  if (owners.size === 0) return;
  await sql.query({
    name: 'preference_set_found',
    text: `update preference_set s set profile_id = o.profile
           from unnest($2::bigint[], $3::uuid[]) as o(node, profile)
           where s.workspace_id = $1 and s.node = o.node and s.profile_id is null`,
    values: [workspaceId, arrayLiteral([...owners.keys()]), arrayLiteral([...owners.values()])],
  });
}
