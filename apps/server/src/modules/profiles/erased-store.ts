import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

/** Which of these hashes an erased customer was known by, and since when. */
export async function findErasedHashes(
  sql: Sql,
  workspaceId: number,
  hashes: readonly string[],
): Promise<{ hash: string; erased_at: Date }[]> {
  const { rows } = await sql.query<{ hash: string; erased_at: Date }>({
    name: 'erased_find',
    text: 'select hash, erased_at from erased_identifier where workspace_id = $1 and hash = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(hashes)],
  });
  return rows;
}

export async function deleteErasedHashes(sql: Sql, workspaceId: number, hashes: readonly string[]): Promise<void> {
  await sql.query({
    text: 'delete from erased_identifier where workspace_id = $1 and hash = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(hashes)],
  });
}

export async function insertErasedHashes(
  sql: Sql,
  workspaceId: number,
  erased: { identifiers: readonly { hash: string; kind: number }[]; at: Date },
): Promise<void> {
  const { identifiers, at } = erased;
  await sql.query({
    text: `insert into erased_identifier (workspace_id, hash, kind, erased_at)
           select $1, hash, kind, $4 from unnest($2::uuid[], $3::smallint[]) as e(hash, kind)
           on conflict (workspace_id, hash) do update set erased_at = excluded.erased_at`,
    values: [workspaceId, arrayLiteral(identifiers.map(({ hash }) => hash)), identifiers.map(({ kind }) => kind), at],
  });
}

/** How often somebody was erased: whoever remembers nodes compares it before what it writes is durable. */
export async function readErasureEpoch(sql: Sql): Promise<number> {
  // every workspace: one number for the whole installation keeps the look-up to one row.
  const { rows } = await sql.query<{ epoch: number }>({
    name: 'erasure_epoch',
    text: 'select epoch from erasure_epoch',
  });
  return rows[0]!.epoch;
}

/** Call it last: everybody who erases waits here. */
export async function advanceErasureEpoch(sql: Sql): Promise<void> {
  // every workspace: see `readErasureEpoch`.
  await sql.query({ text: 'update erasure_epoch set epoch = epoch + 1' });
}

/**
 * Destroys the keys and values of nodes and takes them from their owner; each former hash stays behind as that of an
 * erased customer. The row stays, so that whatever still names it is told apart from something new.
 */
export async function destroyNodes(
  sql: Sql,
  workspaceId: number,
  { nodes, at, onlyForsaken = false }: { nodes: readonly number[]; at: Date; onlyForsaken?: boolean },
): Promise<number> {
  if (nodes.length === 0) return 0;
  // Locked before it counts who owns them: an event under way may just be giving one to somebody.
  const { rows } = await sql.query<{ id: number; hash: string; kind: number }>({
    text: `select id, hash, kind from identity_node
           where workspace_id = $1 and id = any($2::bigint[]) and erased_at is null and (profile_id is null or not $3)
           order by id for update`,
    values: [workspaceId, arrayLiteral(nodes), onlyForsaken],
  });
  if (rows.length === 0) return 0;
  await insertErasedHashes(sql, workspaceId, { identifiers: rows, at });
  const { rowCount } = await sql.query({
    text: `update identity_node set wrapped_key = null, value = '', hash = gen_random_uuid(), profile_id = null, flags = 0, erased_at = $3
           where workspace_id = $1 and id = any($2::bigint[])`,
    values: [workspaceId, arrayLiteral(rows.map(({ id }) => id)), at],
  });
  return rowCount;
}
