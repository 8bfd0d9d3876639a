import type { Sql } from '../../platform/postgres/index.ts';

export interface SourceRow {
  id: string;
  name: string;
  kind: string;
  enabled: boolean;
  trusted: boolean;
  created_at: Date;
}

const SOURCE_COLUMNS = 'id, name, kind, enabled, trusted, created_at';

/** The place of a row in a list, oldest first. */
export interface After {
  readonly createdAt: Date;
  readonly id: string;
}

export async function insertSource(
  sql: Sql,
  source: { workspaceId: number; id: string; name: string; kind: string; trusted: boolean; at: Date },
): Promise<SourceRow> {
  const { rows } = await sql.query<SourceRow>({
    text: `insert into source (workspace_id, id, name, kind, trusted, created_at) values ($1, $2, $3, $4, $5, $6)
           returning ${SOURCE_COLUMNS}`,
    values: [source.workspaceId, source.id, source.name, source.kind, source.trusted, source.at],
  });
  return rows[0]!;
}

/** The number of the oldest source of a kind. */
export async function findNumberOfKind(sql: Sql, workspaceId: number, kind: string): Promise<number | undefined> {
  const { rows } = await sql.query<{ number: number }>({
    text: 'select number from source where workspace_id = $1 and kind = $2 order by number limit 1',
    values: [workspaceId, kind],
  });
  return rows[0]?.number;
}

export async function listSources(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; after?: After | undefined },
): Promise<SourceRow[]> {
  const { rows } = await sql.query<SourceRow>({
    text: `select ${SOURCE_COLUMNS} from source
           where workspace_id = $1
             and ($3::timestamptz is null or (date_trunc('milliseconds', created_at), id) > ($3, $4::uuid))
           order by date_trunc('milliseconds', created_at), id limit $2`,
    values: [workspaceId, page.limit, page.after?.createdAt ?? null, page.after?.id ?? null],
  });
  return rows;
}

export async function findSourceRow(sql: Sql, workspaceId: number, id: string): Promise<SourceRow | undefined> {
  const { rows } = await sql.query<SourceRow>({
    text: `select ${SOURCE_COLUMNS} from source where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Changes what is given; undefined when there is no such source. */
export async function updateSourceRow(
  sql: Sql,
  workspaceId: number,
  change: { id: string; name?: string | undefined; enabled?: boolean | undefined; trusted?: boolean | undefined },
): Promise<SourceRow | undefined> {
  const { rows } = await sql.query<SourceRow>({
    text: `update source set name = coalesce($3, name), enabled = coalesce($4, enabled),
             trusted = coalesce($5, trusted)
           where workspace_id = $1 and id = $2 returning ${SOURCE_COLUMNS}`,
    values: [workspaceId, change.id, change.name ?? null, change.enabled ?? null, change.trusted ?? null],
  });
  return rows[0];
}

export interface ListedWriteKeyRow {
  id: string;
  key: string;
  name: string;
  created_at: Date;
  revoked_at: Date | null;
}

const WRITE_KEY_COLUMNS = 'id, key, name, created_at, revoked_at';

export async function insertWriteKey(
  sql: Sql,
  writeKey: { workspaceId: number; id: string; sourceId: string; key: string; name: string; at: Date },
): Promise<ListedWriteKeyRow> {
  const { workspaceId, id, sourceId, key, name, at } = writeKey;
  const { rows } = await sql.query<ListedWriteKeyRow>({
    text: `insert into write_key (workspace_id, id, source_id, key, name, created_at) values ($1, $2, $3, $4, $5, $6)
           returning ${WRITE_KEY_COLUMNS}`,
    values: [workspaceId, id, sourceId, key, name, at],
  });
  return rows[0]!;
}

export async function listWriteKeys(
  sql: Sql,
  workspaceId: number,
  page: { sourceId: string; limit: number; after?: After | undefined },
): Promise<ListedWriteKeyRow[]> {
  const { rows } = await sql.query<ListedWriteKeyRow>({
    text: `select ${WRITE_KEY_COLUMNS} from write_key
           where workspace_id = $1 and source_id = $2
             and ($4::timestamptz is null or (date_trunc('milliseconds', created_at), id) > ($4, $5::uuid))
           order by date_trunc('milliseconds', created_at), id limit $3`,
    values: [workspaceId, page.sourceId, page.limit, page.after?.createdAt ?? null, page.after?.id ?? null],
  });
  return rows;
}

/** False when the source has no such key that still holds. */
export async function revokeWriteKeyRow(
  sql: Sql,
  workspaceId: number,
  revoked: { sourceId: string; id: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update write_key set revoked_at = $4
           where workspace_id = $1 and source_id = $2 and id = $3 and revoked_at is null`,
    values: [workspaceId, revoked.sourceId, revoked.id, revoked.at],
  });
  return rowCount === 1;
}
