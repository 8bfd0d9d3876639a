import type { Sql } from '../../platform/postgres/index.ts';

export interface NewApiKeyRow {
  id: string;
  workspaceId: number;
  hash: Buffer;
  prefix: string;
  name: string;
  scopes: readonly string[];
  createdBy?: string | undefined;
  expiresAt?: Date | undefined;
  at: Date;
}

export async function insertApiKey(sql: Sql, key: NewApiKeyRow): Promise<void> {
  const { id, workspaceId, hash, prefix, name, scopes, createdBy, expiresAt, at } = key;
  await sql.query({
    text: `insert into api_key (id, workspace_id, hash, prefix, name, scopes, created_by, expires_at, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [id, workspaceId, hash, prefix, name, scopes, createdBy ?? null, expiresAt ?? null, at],
  });
}

export interface ListedApiKeyRow {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: Date;
  created_by_name: string | null;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

/** Newest first; with `id` that one alone. */
export async function listApiKeys(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; before?: { createdAt: Date; id: string } | undefined; id?: string | undefined },
): Promise<ListedApiKeyRow[]> {
  const { rows } = await sql.query<ListedApiKeyRow>({
    text: `select k.id, k.name, k.prefix, k.scopes, k.created_at, l.name as created_by_name, k.expires_at, k.last_used_at,
                  k.revoked_at
           from api_key k
             left join member m on m.workspace_id = k.workspace_id and m.id = k.created_by
             left join login l on l.id = m.login_id
           where k.workspace_id = $1 and ($5::uuid is null or k.id = $5)
             and ($3::timestamptz is null or (date_trunc('milliseconds', k.created_at), k.id) < ($3, $4::uuid))
           order by date_trunc('milliseconds', k.created_at) desc, k.id desc limit $2`,
    values: [workspaceId, page.limit, page.before?.createdAt ?? null, page.before?.id ?? null, page.id ?? null],
  });
  return rows;
}

export interface MadeKeyRow {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
}

/** Keys this member made that still open something, oldest first; locked until the transaction ends. */
export async function lockKeysMadeBy(
  sql: Sql,
  workspaceId: number,
  made: { memberId: string; now: Date },
): Promise<MadeKeyRow[]> {
  const { rows } = await sql.query<MadeKeyRow>({
    text: `select id, name, prefix, scopes from api_key
           where workspace_id = $1 and created_by = $2 and revoked_at is null and (expires_at is null or expires_at > $3)
           order by created_at, id for update`,
    values: [workspaceId, made.memberId, made.now],
  });
  return rows;
}

/** The key as it is now, past every memory of it, if it still opens something. */
export async function findLiveApiKey(
  sql: Sql,
  workspaceId: number,
  key: { id: string; now: Date },
): Promise<{ scopes: string[]; created_by: string | null } | undefined> {
  const { rows } = await sql.query<{ scopes: string[]; created_by: string | null }>({
    text: `select scopes, created_by from api_key
           where workspace_id = $1 and id = $2 and revoked_at is null and (expires_at is null or expires_at > $3)`,
    values: [workspaceId, key.id, key.now],
  });
  return rows[0];
}

/** Gives each of these keys other scopes; none at all: it is revoked. */
export async function updateKeyScopes(
  sql: Sql,
  workspaceId: number,
  change: { keys: readonly { id: string; scopes: readonly string[] }[]; at: Date },
): Promise<void> {
  const { keys, at } = change;
  await sql.query({
    text: `update api_key k set
             scopes = case when g.scopes = '[]' then k.scopes
               else array(select jsonb_array_elements_text(g.scopes::jsonb)) end,
             revoked_at = case when g.scopes = '[]' then $4::timestamptz end
           from unnest($2::uuid[], $3::text[]) as g(id, scopes)
           where k.workspace_id = $1 and k.id = g.id and k.revoked_at is null`,
    values: [workspaceId, keys.map((key) => key.id), keys.map((key) => JSON.stringify(key.scopes)), at],
  });
}

/** Whoever answers for these keys from now on; undefined: the workspace. */
export async function updateKeyMaker(
  sql: Sql,
  workspaceId: number,
  change: { ids: readonly string[]; memberId: string | undefined },
): Promise<void> {
  await sql.query({
    text: 'update api_key set created_by = $3 where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, change.ids, change.memberId ?? null],
  });
}

/** False when there is no such key that still holds. */
export async function revokeApiKey(sql: Sql, workspaceId: number, revoked: { id: string; at: Date }): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'update api_key set revoked_at = $3 where workspace_id = $1 and id = $2 and revoked_at is null',
    values: [workspaceId, revoked.id, revoked.at],
  });
  return rowCount === 1;
}

/** Notes that a key was used, unless that was noted after `notedBefore` by whichever process. */
export async function noteApiKeyUsed(
  sql: Sql,
  workspaceId: number,
  use: { id: string; at: Date; notedBefore: Date },
): Promise<void> {
  await sql.query({
    name: 'api_key_used',
    text: `update api_key set last_used_at = $3
           where workspace_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $4)`,
    values: [workspaceId, use.id, use.at, use.notedBefore],
  });
}
