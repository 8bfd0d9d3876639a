import type { Sql } from '../../../platform/postgres/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { OfConnector } from './applying.ts';
import type { Told } from './sort-records.ts';

export type PieceKind = 'product' | 'product_gone' | 'variant' | 'location';

export interface NewPiece extends Told<object> {
  readonly parentId: string | undefined;
}

export interface PieceRow {
  readonly external_id: string;
  readonly parent_id: string | null;
  readonly version_at: Date;
  readonly record: JsonObject;
  readonly revision: number;
}

/** Keeps the newest word of each; answers the ids of those that were news. */
export async function upsertPieces(
  sql: Sql,
  of: OfConnector,
  { kind, pieces }: { kind: PieceKind; pieces: readonly NewPiece[] },
): Promise<Set<string>> {
  if (pieces.length === 0) return new Set();
  const sorted = [...pieces].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { rows } = await sql.query<{ external_id: string }>({
    name: 'connector_piece_upsert',
    text: `insert into connector_piece as p (workspace_id, connector_id, kind, external_id, parent_id, version_at, hash, record)
           select $1, $2, $3, n.id, n.parent, n.at, n.hash, n.record
           from unnest($4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::jsonb[]) as n(id, parent, at, hash, record)
           on conflict (workspace_id, connector_id, kind, external_id) do update
             set parent_id = coalesce(excluded.parent_id, p.parent_id), version_at = excluded.version_at,
               hash = excluded.hash, record = excluded.record, revision = p.revision + 1
             where (p.version_at, p.hash) < (excluded.version_at, excluded.hash)
           returning p.external_id`,
    values: [
      ...[of.workspaceId, of.connectorId, kind, sorted.map(({ id }) => id), sorted.map((one) => one.parentId ?? null)],
      ...[sorted.map(({ atMs }) => new Date(atMs)), sorted.map(({ hash }) => hash)],
      sorted.map(({ value }) => JSON.stringify(value ?? {})),
    ],
  });
  return new Set(rows.map((row) => row.external_id));
}

export async function listPieces(
  sql: Sql,
  of: OfConnector,
  { kind, ids }: { kind: PieceKind; ids: readonly string[] },
): Promise<PieceRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<PieceRow>({
    name: 'connector_piece_list',
    text: `select external_id, parent_id, version_at, record, revision from connector_piece
           where workspace_id = $1 and connector_id = $2 and kind = $3 and external_id = any($4::text[])`,
    values: [of.workspaceId, of.connectorId, kind, ids],
  });
  return rows;
}

/** The variants of products, by `connector_piece_parent`. */
export async function listVariantPieces(sql: Sql, of: OfConnector, productIds: readonly string[]): Promise<PieceRow[]> {
  const { rows } = await sql.query<PieceRow>({
    name: 'connector_piece_variants',
    text: `select external_id, parent_id, version_at, record, revision from connector_piece
           where workspace_id = $1 and connector_id = $2 and kind = 'variant' and parent_id = any($3::text[])
           order by external_id`,
    values: [of.workspaceId, of.connectorId, productIds],
  });
  return rows;
}

/** The products a snapshot does not name, of those that were there before it. */
export async function listUnnamedProducts(
  sql: Sql,
  of: OfConnector,
  { named, before }: { named: readonly string[]; before: Date },
): Promise<string[]> {
  const { rows } = await sql.query<{ external_id: string }>({
    text: `select p.external_id from connector_piece p
           left join connector_piece g on g.workspace_id = p.workspace_id and g.connector_id = p.connector_id
             and g.kind = 'product_gone' and g.external_id = p.external_id and g.version_at >= p.version_at
           where p.workspace_id = $1 and p.connector_id = $2 and p.kind = 'product' and p.version_at < $4
             and p.external_id <> all($3::text[]) and g.external_id is null
           order by p.external_id`,
    values: [of.workspaceId, of.connectorId, named, before],
  });
  return rows.map((row) => row.external_id);
}
