import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { OfConnector } from './applying.ts';

/** What a shop itself counts, as it last said. */
export interface ShopLevelRow {
  readonly item_ref: string;
  readonly item_kind: 'variant' | 'inventory_item' | 'sku';
  /** Empty: a shop without places. */
  readonly location_ref: string;
  readonly variant_id: string;
  readonly location_id: string;
  readonly quantity: number;
  readonly is_gone: boolean;
  readonly observed_at: Date;
}

export interface KeptLevelRow extends ShopLevelRow {
  /** What it is being told, until it is known whether it took it. */
  readonly told: number | null;
}

const COLUMNS = 'item_ref, item_kind, location_ref, variant_id, location_id, quantity, is_gone, observed_at';

/** Keeps the newest word of each; of one instant the smaller count, as the inventory does. */
export async function upsertLevels(sql: Sql, of: OfConnector, rows: readonly ShopLevelRow[]): Promise<void> {
  if (rows.length === 0) return;
  const sorted = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await sql.query({
    name: 'connector_level_upsert',
    text: `insert into connector_level as l (workspace_id, connector_id, ${COLUMNS})
           select $1, $2, n.* from unnest($3::text[], $10::text[], $4::text[], $5::uuid[], $6::uuid[], $7::int[], $8::boolean[],
             $9::timestamptz[]) as n
           on conflict (workspace_id, connector_id, item_ref, location_ref) do update
             set variant_id = excluded.variant_id, location_id = excluded.location_id, quantity = excluded.quantity,
               is_gone = excluded.is_gone, observed_at = excluded.observed_at
             where l.observed_at < excluded.observed_at
               or (l.observed_at = excluded.observed_at and l.quantity > excluded.quantity)`,
    values: [
      ...[of.workspaceId, of.connectorId, sorted.map((row) => row.item_ref), sorted.map((row) => row.location_ref)],
      ...[arrayLiteral(sorted.map((row) => row.variant_id)), arrayLiteral(sorted.map((row) => row.location_id))],
      ...[arrayLiteral(sorted.map((row) => row.quantity)), sorted.map((row) => row.is_gone)],
      ...[sorted.map((row) => row.observed_at), sorted.map((row) => row.item_kind)],
    ],
  });
}

const keyOf = (row: ShopLevelRow): string => `${row.item_ref}\n${row.location_ref}`;

/** By `connector_level_variant`. */
export async function listLevels(sql: Sql, of: OfConnector, variantIds: readonly string[]): Promise<KeptLevelRow[]> {
  const { rows } = await sql.query<KeptLevelRow>({
    name: 'connector_level_list',
    text: `select ${COLUMNS}, told from connector_level
           where workspace_id = $1 and connector_id = $2 and variant_id = any($3::uuid[]) and not is_gone
           order by item_ref, location_ref`,
    values: [of.workspaceId, of.connectorId, arrayLiteral(variantIds)],
  });
  return rows;
}

/** Before it is told; null: it is known what became of it. */
export async function noteTellings(
  sql: Sql,
  of: OfConnector,
  told: readonly { itemRef: string; locationRef: string; told: number | null }[],
): Promise<void> {
  if (told.length === 0) return;
  await sql.query({
    name: 'connector_level_telling',
    text: `update connector_level l set told = n.told
           from unnest($3::text[], $4::text[], $5::int[]) as n(item, location, told)
           where l.workspace_id = $1 and l.connector_id = $2 and l.item_ref = n.item and l.location_ref = n.location`,
    values: [
      ...[of.workspaceId, of.connectorId, told.map(({ itemRef }) => itemRef)],
      ...[told.map(({ locationRef }) => locationRef), told.map((one) => one.told)],
    ],
  });
}

/** What the shop took of us, or what it says it had instead. When it said so itself does not change. */
export async function noteQuantities(
  sql: Sql,
  of: OfConnector,
  told: readonly { itemRef: string; locationRef: string; quantity: number }[],
): Promise<void> {
  if (told.length === 0) return;
  await sql.query({
    name: 'connector_level_told',
    text: `update connector_level l set quantity = n.quantity
           from unnest($3::text[], $4::text[], $5::int[]) as n(item, location, quantity)
           where l.workspace_id = $1 and l.connector_id = $2 and l.item_ref = n.item and l.location_ref = n.location`,
    values: [
      ...[of.workspaceId, of.connectorId, told.map(({ itemRef }) => itemRef)],
      ...[told.map(({ locationRef }) => locationRef), arrayLiteral(told.map(({ quantity }) => quantity))],
    ],
  });
}

/** What a snapshot of the stock does not name. */
export async function listUnnamedLevels(
  sql: Sql,
  of: OfConnector,
  { named, before }: { named: readonly string[]; before: Date },
): Promise<ShopLevelRow[]> {
  const { rows } = await sql.query<ShopLevelRow>({
    text: `select ${COLUMNS} from connector_level
           where workspace_id = $1 and connector_id = $2 and not is_gone and observed_at < $4
             and item_ref || '@' || location_ref <> all($3::text[])
           order by item_ref, location_ref`,
    values: [of.workspaceId, of.connectorId, named, before],
  });
  return rows;
}
