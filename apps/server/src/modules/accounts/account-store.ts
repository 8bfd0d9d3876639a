import type { Sql } from '../../platform/postgres/index.ts';

export interface ApiKeyRow {
  id: string;
  workspace_id: number;
  scopes: string[];
}

export async function findFirstWorkspaceId(sql: Sql): Promise<number | undefined> {
  // every workspace: there is a first one or none.
  const { rows } = await sql.query<{ id: number }>({ text: 'select id from workspace order by id limit 1' });
  return rows[0]?.id;
}

/** Held until the transaction ends, so that two processes do not both create the first workspace. */
export async function lockFirstStart(sql: Sql): Promise<void> {
  await sql.query({ text: `select pg_advisory_xact_lock(hashtext('segue first workspace'))` });
}

export async function insertWorkspace(sql: Sql, workspace: { name: string; wrappedKey: Buffer }): Promise<number> {
  const { rows } = await sql.query<{ id: number }>({
    // every workspace: this makes one.
    text: 'insert into workspace (name, wrapped_key) values ($1, $2) returning id',
    values: [workspace.name, workspace.wrappedKey],
  });
  return rows[0]!.id;
}

export async function insertWriteKey(
  sql: Sql,
  writeKey: { workspaceId: number; key: string; name: string },
): Promise<void> {
  await sql.query({
    text: 'insert into write_key (workspace_id, key, name) values ($1, $2, $3)',
    values: [writeKey.workspaceId, writeKey.key, writeKey.name],
  });
}

export async function insertApiKey(
  sql: Sql,
  apiKey: { id: string; workspaceId: number; hash: Buffer; name: string; scopes: readonly string[] },
): Promise<void> {
  await sql.query({
    text: 'insert into api_key (id, workspace_id, hash, name, scopes) values ($1, $2, $3, $4, $5)',
    values: [apiKey.id, apiKey.workspaceId, apiKey.hash, apiKey.name, apiKey.scopes],
  });
}

/** The key itself says which workspace it belongs to. */
export async function findWriteKey(sql: Sql, key: string): Promise<{ workspace_id: number } | undefined> {
  const { rows } = await sql.query<{ workspace_id: number }>({
    name: 'write_key_find',
    text: 'select workspace_id from write_key where key = $1 and revoked_at is null',
    values: [key],
  });
  return rows[0];
}

/** The key itself says which workspace it belongs to. */
export async function findApiKey(sql: Sql, hash: Buffer): Promise<ApiKeyRow | undefined> {
  const { rows } = await sql.query<ApiKeyRow>({
    name: 'api_key_find',
    text: 'select id, workspace_id, scopes from api_key where hash = $1 and revoked_at is null',
    values: [hash],
  });
  return rows[0];
}

export async function readWrappedKey(sql: Sql, workspaceId: number): Promise<Buffer | undefined> {
  const { rows } = await sql.query<{ wrapped_key: Buffer }>({
    text: "select wrapped_key from workspace where id = $1 /* workspace_id is this table's id */",
    values: [workspaceId],
  });
  return rows[0]?.wrapped_key;
}
