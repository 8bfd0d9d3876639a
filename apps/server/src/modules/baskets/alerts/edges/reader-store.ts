import { arrayLiteral, type Sql } from '../../../../platform/postgres/index.ts';

/** Workspaces whose stock news are followed. */
export async function listFollowed(sql: Sql): Promise<number[]> {
  const { rows } = await sql.query<{ workspace_id: number }>({
    name: 'alert_reader_list',
    // every workspace: one loop works for all.
    text: 'select workspace_id from alert_reader order by workspace_id',
  });
  return rows.map((row) => row.workspace_id);
}

export async function isFollowed(sql: Sql, workspaceId: number): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'alert_reader_find',
    text: 'select 1 from alert_reader where workspace_id = $1',
    values: [workspaceId],
  });
  return rowCount > 0;
}

/** From now on its news are followed. A repeat changes nothing. */
export async function insertReader(sql: Sql, workspaceId: number): Promise<void> {
  await sql.query({
    name: 'alert_reader_insert',
    text: 'insert into alert_reader (workspace_id) values ($1) on conflict do nothing',
    values: [workspaceId],
  });
}

/** The place of the last news read; undefined: another process reads. */
export async function lockReader(sql: Sql, workspaceId: number): Promise<number | undefined> {
  const { rows } = await sql.query<{ seq: number }>({
    name: 'alert_reader_lock',
    text: 'select seq from alert_reader where workspace_id = $1 for update skip locked',
    values: [workspaceId],
  });
  return rows[0]?.seq;
}

export async function moveReader(sql: Sql, workspaceId: number, seq: number): Promise<void> {
  await sql.query({
    name: 'alert_reader_move',
    text: 'update alert_reader set seq = $2 where workspace_id = $1',
    values: [workspaceId, seq],
  });
}

/** Those of the variants there is little of. */
export async function findLow(sql: Sql, workspaceId: number, variantIds: readonly string[]): Promise<Set<string>> {
  if (variantIds.length === 0) return new Set();
  const { rows } = await sql.query<{ variant_id: string }>({
    name: 'alert_low_find',
    text: 'select variant_id from alert_low where workspace_id = $1 and variant_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(variantIds)],
  });
  return new Set(rows.map((row) => row.variant_id));
}

export async function saveLow(
  sql: Sql,
  workspaceId: number,
  { low, plenty, at }: { low: readonly string[]; plenty: readonly string[]; at: Date },
): Promise<void> {
  if (low.length > 0) {
    await sql.query({
      name: 'alert_low_insert',
      text: `insert into alert_low (workspace_id, variant_id, since_at)
             select $1, v, $3 from unnest($2::uuid[]) as v order by v on conflict do nothing`,
      values: [workspaceId, arrayLiteral(low), at],
    });
  }
  if (plenty.length === 0) return;
  await sql.query({
    name: 'alert_low_delete',
    text: 'delete from alert_low where workspace_id = $1 and variant_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(plenty)],
  });
}
