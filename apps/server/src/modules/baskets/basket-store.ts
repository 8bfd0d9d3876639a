import type { BasketKind } from '@segue/contract';
import type { Handover } from '../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';
import type { Basket, BasketState } from './basket.ts';

export interface BasketRow {
  id: string;
  kind: BasketKind;
  token: string;
  profile_id: string | null;
  node: number | null;
  is_linked: boolean;
  state: BasketState;
  merged_into: string | null;
  name: string | null;
  share_token: string | null;
  currency: string | null;
  channel: string;
  is_held: boolean;
  version: number;
  source: string;
  source_ref: string | null;
  source_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `id, kind, token, profile_id, node, is_linked, state, merged_into, name, share_token, currency, channel, is_held,
  version, source, source_ref, source_at, created_at, updated_at`;

export function basketOf(row: BasketRow, lines: Basket['lines']): Basket {
  return {
    ...{ id: row.id, kind: row.kind, token: row.token, profileId: row.profile_id, node: row.node },
    ...{ isLinked: row.is_linked, state: row.state, mergedInto: row.merged_into, name: row.name },
    ...{ shareToken: row.share_token, currency: row.currency, channel: row.channel, isHeld: row.is_held },
    ...{ version: row.version, source: row.source, sourceRef: row.source_ref },
    sourceAtMs: row.source_at?.getTime() ?? null,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
    lines,
  };
}

/** By id, in one order; whoever locks them is alone with them until the transaction ends. */
export async function lockBasketRows(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<BasketRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<BasketRow>({
    name: 'basket_lock',
    text: `select ${COLUMNS} from basket where workspace_id = $1 and id = any($2::uuid[]) order by id for no key update`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows;
}

export async function readBasketRows(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<BasketRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<BasketRow>({
    name: 'basket_read',
    text: `select ${COLUMNS} from basket where workspace_id = $1 and id = any($2::uuid[]) order by id`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows;
}

export async function findByTokens(
  sql: Sql,
  workspaceId: number,
  tokens: readonly string[],
): Promise<Map<string, string>> {
  if (tokens.length === 0) return new Map();
  const { rows } = await sql.query<{ id: string; token: string }>({
    name: 'basket_by_token',
    text: 'select id, token from basket where workspace_id = $1 and token = any($2::text[])',
    values: [workspaceId, tokens],
  });
  return new Map(rows.map((row) => [row.token, row.id]));
}

export async function findByShareToken(sql: Sql, workspaceId: number, shareToken: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'basket_by_share',
    text: 'select id from basket where workspace_id = $1 and share_token = $2',
    values: [workspaceId, shareToken],
  });
  return rows[0]?.id;
}

/** Carts that live at shops, by what these call them, whichever shop it is. By `basket_ref`. */
export async function findByRefs(
  sql: Sql,
  workspaceId: number,
  refs: readonly string[],
): Promise<{ id: string; source: string; source_ref: string }[]> {
  if (refs.length === 0) return [];
  const { rows } = await sql.query<{ id: string; source: string; source_ref: string }>({
    name: 'basket_by_ref',
    text: `select id, source, source_ref from basket
           where workspace_id = $1 and source_ref = any($2::text[]) and source_ref is not null`,
    values: [workspaceId, refs],
  });
  return rows;
}

/** What profiles have of their own: at most one of a kind each. By `basket_own`. */
export async function listOwn(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<{ id: string; profile_id: string; kind: BasketKind }[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<{ id: string; profile_id: string; kind: BasketKind }>({
    name: 'basket_own',
    text: `select id, profile_id, kind from basket
           where workspace_id = $1 and profile_id = any($2::uuid[]) and is_linked and state <> 'merged'`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return rows;
}

/** Every basket of the profiles, guests’ ones that are theirs too: the linked ones first, then the newest. By `basket_profile`. */
export async function listOfProfiles(
  sql: Sql,
  workspaceId: number,
  of: { profileIds: readonly string[]; eachMax: number },
): Promise<{ id: string; profile_id: string }[]> {
  if (of.profileIds.length === 0) return [];
  const { rows } = await sql.query<{ id: string; profile_id: string }>({
    name: 'basket_of_profiles',
    text: `select b.id, p.id as profile_id from unnest($2::uuid[]) as p(id) cross join lateral (
             select id, updated_at, is_linked from basket
             where workspace_id = $1 and profile_id = p.id and state in ('active', 'converted')
             order by is_linked desc, updated_at desc, id limit $3) b`,
    values: [workspaceId, arrayLiteral(of.profileIds), of.eachMax],
  });
  return rows;
}

/** Baskets that wait for their node’s profile to be known. By `basket_waiting`. */
export async function listWaiting(
  sql: Sql,
  workspaceId: number,
  nodes: readonly number[],
): Promise<{ id: string; node: number }[]> {
  if (nodes.length === 0) return [];
  const { rows } = await sql.query<{ id: string; node: number }>({
    name: 'basket_waiting',
    text: `select id, node from basket where workspace_id = $1 and node = any($2::bigint[]) and profile_id is null
             and state <> 'merged'`,
    values: [workspaceId, arrayLiteral(nodes)],
  });
  return rows;
}

/** Those filed under these nodes, merged ones too. By `basket_node`. */
export async function listOfNodes(
  sql: Sql,
  workspaceId: number,
  handovers: readonly Handover[],
): Promise<{ id: string; node: number }[]> {
  const nodes = handovers.flatMap((handover) => handover.nodes.map(({ id }) => id));
  if (nodes.length === 0) return [];
  const { rows } = await sql.query<{ id: string; node: number }>({
    name: 'basket_of_nodes',
    text: 'select id, node from basket where workspace_id = $1 and node = any($2::bigint[])',
    values: [workspaceId, arrayLiteral(nodes)],
  });
  return rows;
}

/** All that name one of the profiles, merged ones too. By `basket_profile`. */
export async function listNaming(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<string[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>({
    name: 'basket_naming',
    text: 'select id from basket where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return rows.map((row) => row.id);
}

/** What becomes a profile’s own is decided by one at a time. Taken before baskets are locked, in one order. */
export async function lockOwners(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  const inOrder = [...new Set(profileIds)].sort();
  if (inOrder.length === 0) return;
  await sql.query({
    name: 'basket_owner_lock',
    text: `select pg_advisory_xact_lock(hashtextextended('baskets of ' || id, $1)) /* workspace_id is the seed */
           from unnest($2::text[]) with ordinality as p(id, place) order by place`,
    values: [workspaceId, inOrder],
  });
}

/** Those that are not there yet; answers their ids. */
export async function insertBaskets(sql: Sql, workspaceId: number, baskets: readonly Basket[]): Promise<Set<string>> {
  if (baskets.length === 0) return new Set();
  const { rows } = await sql.query<{ id: string }>({
    name: 'basket_insert',
    text: `insert into basket (workspace_id, ${COLUMNS})
           select $1::integer, ${COLUMNS} from jsonb_populate_recordset(null::basket, $2::jsonb) order by id
           on conflict do nothing returning id`,
    values: [workspaceId, JSON.stringify(baskets.map(recordOf))],
  });
  return new Set(rows.map((row) => row.id));
}

export async function updateBaskets(sql: Sql, workspaceId: number, baskets: readonly Basket[]): Promise<void> {
  if (baskets.length === 0) return;
  await sql.query({
    name: 'basket_update',
    text: `update basket b set token = r.token, profile_id = r.profile_id, node = r.node, is_linked = r.is_linked,
             state = r.state, merged_into = r.merged_into, name = r.name, share_token = r.share_token,
             currency = r.currency, is_held = r.is_held, version = r.version, source_at = r.source_at,
             updated_at = r.updated_at
           from jsonb_populate_recordset(null::basket, $2::jsonb) r
           where b.workspace_id = $1 and b.id = r.id`,
    values: [workspaceId, JSON.stringify(baskets.map(recordOf))],
  });
}

/** What had become part of baskets that are merged themselves is part of what these became. By `basket_merged`. */
export async function redirectMerged(
  sql: Sql,
  workspaceId: number,
  moves: readonly { from: string; into: string }[],
): Promise<void> {
  if (moves.length === 0) return;
  await sql.query({
    name: 'basket_redirect',
    text: `update basket b set merged_into = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           where b.workspace_id = $1 and b.merged_into = m.origin`,
    values: [workspaceId, arrayLiteral(moves.map(({ from }) => from)), arrayLiteral(moves.map(({ into }) => into))],
  });
}

function recordOf(basket: Basket): Record<string, unknown> {
  return {
    ...{ id: basket.id, kind: basket.kind, token: basket.token, profile_id: basket.profileId, node: basket.node },
    ...{ is_linked: basket.isLinked, state: basket.state, merged_into: basket.mergedInto, name: basket.name },
    ...{ share_token: basket.shareToken, currency: basket.currency, channel: basket.channel },
    ...{ is_held: basket.isHeld, version: basket.version, source: basket.source, source_ref: basket.sourceRef },
    source_at: basket.sourceAtMs === null ? null : new Date(basket.sourceAtMs),
    created_at: new Date(basket.createdAtMs),
    updated_at: new Date(basket.updatedAtMs),
  };
}

/** What readers of streams look at. By the primary key. */
export async function readVersions(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<{ id: string; version: number; merged_into: string | null }[]> {
  const { rows } = await sql.query<{ id: string; version: number; merged_into: string | null }>({
    name: 'basket_versions',
    text: 'select id, version, merged_into from basket where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows;
}

/** The basket and all that became part of it, directly or by way of others. By `basket_merged`. */
export async function listMergedInto(sql: Sql, workspaceId: number, id: string): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'basket_merged_into',
    text: `with recursive part as (
             select $2::uuid as id
             union select b.id from basket b join part p on b.merged_into = p.id where b.workspace_id = $1)
           select id from part`,
    values: [workspaceId, id],
  });
  return rows.map((row) => row.id);
}
