import type { Sql } from '../../platform/postgres/index.ts';

export interface ApiKeyRow {
  id: string;
  workspace_id: number;
  scopes: string[];
  expires_at: Date | null;
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

export async function insertWorkspace(
  sql: Sql,
  workspace: { name: string; wrappedKey: Buffer; timeZone: string; currency: string; language: string },
): Promise<number> {
  const { name, wrappedKey, timeZone, currency, language } = workspace;
  const { rows } = await sql.query<{ id: number }>({
    // every workspace: this makes one.
    text: `insert into workspace (name, wrapped_key, time_zone, currency, language)
           values ($1, $2, $3, $4, $5) returning id`,
    values: [name, wrappedKey, timeZone, currency, language],
  });
  return rows[0]!.id;
}

export interface WriteKeyRow {
  workspace_id: number;
  source_id: string;
  source_number: number;
  enabled: boolean;
  trusted: boolean;
}

/** The key itself says which workspace it belongs to. */
export async function findWriteKey(sql: Sql, key: string): Promise<WriteKeyRow | undefined> {
  const { rows } = await sql.query<WriteKeyRow>({
    name: 'write_key_find',
    text: `select k.workspace_id, s.id as source_id, s.number as source_number, s.enabled, s.trusted
           from write_key k join source s on s.workspace_id = k.workspace_id and s.id = k.source_id
           where k.key = $1 and k.revoked_at is null`,
    values: [key],
  });
  return rows[0];
}

/** The key itself says which workspace it belongs to. */
export async function findApiKey(sql: Sql, hash: Buffer): Promise<ApiKeyRow | undefined> {
  const { rows } = await sql.query<ApiKeyRow>({
    name: 'api_key_find',
    text: 'select id, workspace_id, scopes, expires_at from api_key where hash = $1 and revoked_at is null',
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

export interface WorkspaceRow {
  id: number;
  public_id: string;
  name: string;
  time_zone: string;
  currency: string;
  language: string;
  created_at: Date;
}

const WORKSPACE_COLUMNS = 'id, public_id, name, time_zone, currency, language, created_at';

export async function getWorkspaceRow(sql: Sql, workspaceId: number): Promise<WorkspaceRow> {
  const { rows } = await sql.query<WorkspaceRow>({
    text: `select ${WORKSPACE_COLUMNS} from workspace where id = $1 /* workspace_id is this table's id */`,
    values: [workspaceId],
  });
  return rows[0]!;
}

/** Changes what is given. */
export async function updateWorkspaceRow(
  sql: Sql,
  workspaceId: number,
  change: {
    name?: string | undefined;
    timeZone?: string | undefined;
    currency?: string | undefined;
    language?: string | undefined;
  },
): Promise<WorkspaceRow> {
  const { rows } = await sql.query<WorkspaceRow>({
    text: `update workspace set name = coalesce($2, name), time_zone = coalesce($3, time_zone),
             currency = coalesce($4, currency), language = coalesce($5, language)
           where id = $1 /* workspace_id is this table's id */ returning ${WORKSPACE_COLUMNS}`,
    values: [
      workspaceId,
      change.name ?? null,
      change.timeZone ?? null,
      change.currency ?? null,
      change.language ?? null,
    ],
  });
  return rows[0]!;
}

/** Held until the transaction ends: changes of who may do what in a workspace happen one after the other. */
export async function lockMembers(sql: Sql, workspaceId: number): Promise<void> {
  await sql.query({
    text: `select 1 from workspace where id = $1 /* workspace_id is this table's id */ for no key update`,
    values: [workspaceId],
  });
}

/** Workspaces nobody owns, as those are that were made before there were members. */
export async function listOwnerlessWorkspaces(sql: Sql): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>({
    // every workspace: each needs an owner.
    text: `select id from workspace w where not exists (
             select from member m where m.workspace_id = w.id and m.role = 'owner' and m.removed_at is null)
           order by id`,
  });
  return rows.map((row) => row.id);
}
