import type { Sql } from '../../../platform/postgres/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { OfConnector } from './applying.ts';
import type { Told } from './sort-records.ts';

export type PieceKind = 'product' | 'variant' | 'location';

export interface NewPiece extends Told<object> {
  readonly parentId: string | undefined;
}

export interface PieceRow {
  readonly external_id: string;
  readonly parent_id: string | null;
  readonly version_at: Date;
  readonly is_gone: boolean;
  readonly record: JsonObject | null;
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
    text: `insert into connector_piece as p (workspace_id, connector_id, kind, external_id, parent_id, version_at, hash, is_gone,
             record)
           select $1, $2, $3, n.id, n.parent, n.at, n.hash, n.record is null, n.record
           from unnest($4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::jsonb[]) as n(id, parent, at, hash, record)
           on conflict (workspace_id, connector_id, kind, external_id) do update
             set parent_id = coalesce(excluded.parent_id, p.parent_id), version_at = excluded.version_at,
               hash = excluded.hash, is_gone = excluded.is_gone, record = excluded.record, revision = p.revision + 1
             where (p.version_at, p.hash) < (excluded.version_at, excluded.hash)
           returning p.external_id`,
    values: [
      ...[of.workspaceId, of.connectorId, kind, sorted.map(({ id }) => id), sorted.map((one) => one.parentId ?? null)],
      ...[sorted.map(({ atMs }) => new Date(atMs)), sorted.map(({ hash }) => hash)],
      sorted.map(({ value }) => (value === undefined ? null : JSON.stringify(value))),
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
    text: `select external_id, parent_id, version_at, is_gone, record, revision from connector_piece
           where workspace_id = $1 and connector_id = $2 and kind = $3 and external_id = any($4::text[])`,
    values: [of.workspaceId, of.connectorId, kind, ids],
  });
  return rows;
}

/** The variants of products, those that are gone too, by `connector_piece_parent`. */
export async function listVariantPieces(sql: Sql, of: OfConnector, productIds: readonly string[]): Promise<PieceRow[]> {
  const { rows } = await sql.query<PieceRow>({
    name: 'connector_piece_variants',
    text: `select external_id, parent_id, version_at, is_gone, record, revision from connector_piece
           where workspace_id = $1 and connector_id = $2 and kind = 'variant' and parent_id = any($3::text[])
           order by external_id`,
    values: [of.workspaceId, of.connectorId, productIds],
  });
  return rows;
}

/** What the shop has at an instant, for a snapshot that names everything: ids of those it does not name. */
export async function listUnnamed(
  sql: Sql,
  of: OfConnector,
  { kind, named, before }: { kind: PieceKind; named: readonly string[]; before: Date },
): Promise<string[]> {
  const { rows } = await sql.query<{ external_id: string }>({
    text: `select external_id from connector_piece
           where workspace_id = $1 and connector_id = $2 and kind = $3 and not is_gone and version_at < $5
             and external_id <> all($4::text[])
           order by external_id`,
    values: [of.workspaceId, of.connectorId, kind, named, before],
  });
  return rows.map((row) => row.external_id);
}
