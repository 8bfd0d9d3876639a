import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

export interface NodeRow {
  id: number;
  kind: number;
  hash: string;
}

export interface OwnedNodeRow {
  id: number;
  kind: number;
  profile_id: string | null;
  /** Of somebody who was erased: it leads to nobody, and to nobody again. */
  is_erased: boolean;
}

export async function findNodesByHash(sql: Sql, workspaceId: number, hashes: readonly string[]): Promise<NodeRow[]> {
  const { rows } = await sql.query<NodeRow>({
    name: 'node_find_by_hash',
    text: 'select id, kind, hash from identity_node where workspace_id = $1 and hash = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(hashes)],
  });
  return rows;
}

export interface NewNode {
  readonly kind: number;
  readonly hash: string;
  readonly value: Buffer;
  readonly wrappedKey: Buffer;
}

/** Inserts those that do not exist; another process may have made some first. In hash order, against lock-ups. */
export async function insertNodes(sql: Sql, workspaceId: number, nodes: readonly NewNode[]): Promise<void> {
  const sorted = [...nodes].sort((a, b) => (a.hash < b.hash ? -1 : 1));
  await sql.query({
    name: 'node_insert',
    text: `insert into identity_node (workspace_id, kind, hash, value, wrapped_key)
           select $1, kind, hash, decode(value, 'hex'), decode(wrapped_key, 'hex')
           from unnest($2::smallint[], $3::uuid[], $4::text[], $5::text[]) as n(kind, hash, value, wrapped_key)
           on conflict (workspace_id, hash) do nothing`,
    values: [
      workspaceId,
      arrayLiteral(sorted.map((n) => n.kind)),
      arrayLiteral(sorted.map((n) => n.hash)),
      arrayLiteral(sorted.map((n) => n.value.toString('hex'))),
      arrayLiteral(sorted.map((n) => n.wrappedKey.toString('hex'))),
    ],
  });
}

/** Whose each node is. By primary key: about 5 µs a node. */
export async function findOwners(sql: Sql, workspaceId: number, nodeIds: readonly number[]): Promise<OwnedNodeRow[]> {
  const { rows } = await sql.query<OwnedNodeRow>({
    name: 'node_owners',
    text: 'select id, kind, profile_id, erased_at is not null as is_erased from identity_node where workspace_id = $1 and id = any($2::bigint[])',
    values: [workspaceId, arrayLiteral(nodeIds)],
  });
  return rows;
}

/** As `findOwners`, of those that have one; the nodes stay theirs until the transaction ends. In order, against lock-ups. */
export async function holdOwners(
  sql: Sql,
  workspaceId: number,
  nodeIds: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await sql.query<{ id: number; profile_id: string }>({
    name: 'node_owners_hold',
    text: `select id, profile_id from identity_node
           where workspace_id = $1 and id = any($2::bigint[]) and profile_id is not null and erased_at is null
           order by id for share`,
    values: [workspaceId, arrayLiteral(nodeIds)],
  });
  return new Map(rows.map((row) => [row.id, row.profile_id]));
}

export async function findWrappedKeys(
  sql: Sql,
  workspaceId: number,
  nodeIds: readonly number[],
): Promise<{ id: number; wrapped_key: Buffer | null }[]> {
  const { rows } = await sql.query<{ id: number; wrapped_key: Buffer | null }>({
    name: 'node_keys',
    text: 'select id, wrapped_key from identity_node where workspace_id = $1 and id = any($2::bigint[])',
    values: [workspaceId, arrayLiteral(nodeIds)],
  });
  return rows;
}

export interface NodeMove {
  readonly node: number;
  /** Null: the node must still be nobody's. */
  readonly from: string | null;
  readonly to: string;
  /** Bits as in `NODE_FLAGS`; left out: as they are. */
  readonly flags?: number | undefined;
}

/** Gives nodes to profiles; answers the version of each change, fewer when another transaction was first. */
export async function moveNodes(
  sql: Sql,
  workspaceId: number,
  moves: readonly NodeMove[],
): Promise<{ id: number; version: number }[]> {
  if (moves.length === 0) return [];
  const sorted = [...moves].sort((a, b) => a.node - b.node);
  const { rows } = await sql.query<{ id: number; version: number }>({
    name: 'node_move',
    text: `update identity_node n set profile_id = m.target, flags = coalesce(m.flags, n.flags)
           from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::smallint[]) as m(id, origin, target, flags)
           where n.workspace_id = $1 and n.id = m.id and n.profile_id is not distinct from m.origin and n.erased_at is null
           returning n.id, nextval('node_map_version') as version`,
    values: [
      workspaceId,
      arrayLiteral(sorted.map((m) => m.node)),
      sorted.map((m) => m.from),
      arrayLiteral(sorted.map((m) => m.to)),
      sorted.map((m) => m.flags ?? null),
    ],
  });
  return rows;
}

/** The list of nodes says of each what its owner's state says. */
export async function setNodeFlags(
  sql: Sql,
  workspaceId: number,
  flags: readonly (readonly [node: number, flags: number])[],
): Promise<void> {
  if (flags.length === 0) return;
  const sorted = [...flags].sort((a, b) => a[0] - b[0]);
  await sql.query({
    name: 'node_flags',
    text: `update identity_node n set flags = f.flags from unnest($2::bigint[], $3::smallint[]) as f(id, flags)
           where n.workspace_id = $1 and n.id = f.id`,
    values: [workspaceId, sorted.map(([node]) => node), sorted.map(([, bits]) => bits)],
  });
}

export interface ProfileNodeRow {
  id: number;
  profile_id: string;
  kind: number;
  hash: string;
  value: Buffer;
  wrapped_key: Buffer | null;
  created_at: Date;
  /** Bits as in `NODE_FLAGS`. */
  flags: number;
}

/** Every node of the profiles, newest first. */
export async function listNodesOfProfiles(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<ProfileNodeRow[]> {
  const { rows } = await sql.query<ProfileNodeRow>({
    name: 'node_of_profiles',
    text: `select id, profile_id, kind, hash, value, wrapped_key, created_at, flags from identity_node
           where workspace_id = $1 and profile_id = any($2::uuid[]) order by id desc`,
    values: [workspaceId, profileIds],
  });
  return rows;
}

/** Owners of nodes that have none of these hashes but as a claim, and hold something of another kind that is none. */
export async function findClaimants(
  sql: Sql,
  workspaceId: number,
  asked: { hashes: readonly string[]; claimed: number; anonymousKinds: readonly number[] },
): Promise<string[]> {
  const { rows } = await sql.query<{ profile_id: string }>({
    text: `with named as (
             select profile_id from identity_node
             where workspace_id = $1 and hash = any($2::uuid[]) and profile_id is not null
             group by profile_id having bool_and(flags & $3 <> 0))
           select profile_id from named
           where exists (select from identity_node n where n.workspace_id = $1 and n.profile_id = named.profile_id
                           and n.flags & $3 = 0 and n.kind <> all($4::smallint[]))
           order by profile_id`,
    values: [workspaceId, arrayLiteral(asked.hashes), asked.claimed, asked.anonymousKinds],
  });
  return rows.map((row) => row.profile_id);
}
