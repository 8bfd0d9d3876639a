import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Level, LevelField, LevelKey } from './level.ts';

interface LevelRow {
  item_id: string;
  location_id: string;
  on_hand: number;
  unavailable: number;
  reserved: number;
  incoming: number;
  preordered: number;
  backorder_limit: number;
  preorder_limit: number | null;
  shortfall: number;
  preorder_shortfall: number;
  version: number;
}

const COLUMNS = `item_id, location_id, on_hand, unavailable, reserved, incoming, preordered, backorder_limit, preorder_limit,
  shortfall, preorder_shortfall, version`;

function levelOf(row: LevelRow): Level {
  const { on_hand, unavailable, reserved, incoming, preordered } = row;
  return {
    itemId: row.item_id,
    locationId: row.location_id,
    counts: { on_hand, unavailable, reserved, incoming, preordered },
    backorderLimit: row.backorder_limit,
    preorderLimit: row.preorder_limit,
    shortfall: row.shortfall,
    preorderShortfall: row.preorder_shortfall,
    version: row.version,
  };
}

/** Of these items, everywhere. By the primary key. */
export async function readLevels(sql: Sql, workspaceId: number, itemIds: readonly string[]): Promise<Level[]> {
  if (itemIds.length === 0) return [];
  const { rows } = await sql.query<LevelRow>({
    name: 'stock_level_read',
    text: `select ${COLUMNS} from stock_level where workspace_id = $1 and item_id = any($2::uuid[])
           order by item_id, location_id`,
    values: [workspaceId, arrayLiteral(itemIds)],
  });
  return rows.map(levelOf);
}

/** Those whose stock anybody tells. */
export async function findTracked(sql: Sql, workspaceId: number, itemIds: readonly string[]): Promise<Set<string>> {
  if (itemIds.length === 0) return new Set();
  const { rows } = await sql.query<{ item_id: string }>({
    name: 'stock_level_tracked',
    text: 'select distinct item_id from stock_level where workspace_id = $1 and item_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(itemIds)],
  });
  return new Set(rows.map((row) => row.item_id));
}

/** As `readLevels`; whoever locks them is alone with them until the transaction ends. In the one order of all. */
export async function lockItemLevels(sql: Sql, workspaceId: number, itemIds: readonly string[]): Promise<Level[]> {
  if (itemIds.length === 0) return [];
  const { rows } = await sql.query<LevelRow>({
    name: 'stock_level_lock_items',
    text: `select ${COLUMNS} from stock_level where workspace_id = $1 and item_id = any($2::uuid[])
           order by item_id, location_id for no key update`,
    values: [workspaceId, arrayLiteral(itemIds)],
  });
  return rows.map(levelOf);
}

/** Those that are not there begin at nothing. */
export async function insertMissingLevels(
  sql: Sql,
  workspaceId: number,
  missing: { keys: readonly LevelKey[]; at: Date },
): Promise<void> {
  await sql.query({
    name: 'stock_level_insert',
    text: `insert into stock_level (workspace_id, item_id, location_id, updated_at)
           select distinct $1::integer, k.item_id, k.location_id, $4::timestamptz
           from unnest($2::uuid[], $3::uuid[]) as k(item_id, location_id) order by k.item_id, k.location_id
           on conflict do nothing`,
    values: [
      workspaceId,
      arrayLiteral(missing.keys.map((key) => key.itemId)),
      arrayLiteral(missing.keys.map((key) => key.locationId)),
      missing.at,
    ],
  });
}

/** One change of one count, for ever. */
export interface Movement extends LevelKey {
  readonly field: LevelField;
  readonly delta: number;
  readonly reason: string;
  readonly refType?: string | undefined;
  readonly refId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** A level as it is to be; its counts are written as differences, so that the checks of the table are the last guard. */
export interface LevelWrite {
  readonly before: Level;
  readonly after: Level;
}

/** Levels, the movements that made them, and who is to be told: one statement. */
export async function writeLevels(
  sql: Sql,
  workspaceId: number,
  { writes, movements, at }: { writes: readonly LevelWrite[]; movements: readonly Movement[]; at: Date },
): Promise<void> {
  if (writes.length === 0) return;
  const deltas = (field: LevelField) =>
    arrayLiteral(writes.map(({ before, after }) => after.counts[field] - before.counts[field]));
  const { rowCount } = await sql.query({
    name: 'stock_level_write',
    text: `with d as (
             select * from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
               $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[]) as d(item_id, location_id, on_hand,
               unavailable, reserved, incoming, preordered, backorder_limit, preorder_limit, shortfall, preorder_shortfall)),
           moved as (
             insert into stock_movement (workspace_id, item_id, location_id, field, delta, reason, ref_type, ref_id,
               idempotency_key, at)
             select $1, m.item_id, m.location_id, m.field, m.delta, m.reason, m.ref_type, m.ref_id, m.key, $13
             from unnest($14::uuid[], $15::uuid[], $16::text[], $17::bigint[], $18::text[], $19::text[], $20::text[],
               $21::text[]) as m(item_id, location_id, field, delta, reason, ref_type, ref_id, key)),
           told as (
             insert into stock_change (workspace_id, item_id, location_id, at)
             select $1, d.item_id, d.location_id, $13 from d)
           update stock_level l set on_hand = l.on_hand + d.on_hand, unavailable = l.unavailable + d.unavailable,
             reserved = l.reserved + d.reserved, incoming = l.incoming + d.incoming,
             preordered = l.preordered + d.preordered, backorder_limit = d.backorder_limit,
             preorder_limit = d.preorder_limit, shortfall = d.shortfall, preorder_shortfall = d.preorder_shortfall,
             version = l.version + 1, updated_at = $13
           from d where l.workspace_id = $1 and l.item_id = d.item_id and l.location_id = d.location_id`,
    values: [
      workspaceId,
      arrayLiteral(writes.map(({ after }) => after.itemId)),
      arrayLiteral(writes.map(({ after }) => after.locationId)),
      ...[deltas('on_hand'), deltas('unavailable'), deltas('reserved'), deltas('incoming'), deltas('preordered')],
      arrayLiteral(writes.map(({ after }) => after.backorderLimit)),
      writes.map(({ after }) => after.preorderLimit),
      arrayLiteral(writes.map(({ after }) => after.shortfall)),
      arrayLiteral(writes.map(({ after }) => after.preorderShortfall)),
      at,
      arrayLiteral(movements.map((one) => one.itemId)),
      arrayLiteral(movements.map((one) => one.locationId)),
      arrayLiteral(movements.map((one) => one.field)),
      arrayLiteral(movements.map((one) => one.delta)),
      movements.map((one) => one.reason),
      movements.map((one) => one.refType ?? null),
      movements.map((one) => one.refId ?? null),
      movements.map((one) => one.idempotencyKey ?? null),
    ],
  });
  if (rowCount !== writes.length) throw new Error('a level of stock went away under its lock');
}

/** Which of these were written before. By `stock_movement_key`. */
export async function findMovementKeys(sql: Sql, workspaceId: number, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await sql.query<{ idempotency_key: string }>({
    name: 'stock_movement_keys',
    text: 'select idempotency_key from stock_movement where workspace_id = $1 and idempotency_key = any($2::text[])',
    values: [workspaceId, keys],
  });
  return new Set(rows.map((row) => row.idempotency_key));
}

export interface MovementRow {
  id: number;
  item_id: string;
  location_id: string;
  field: LevelField;
  delta: number;
  reason: string;
  ref_type: string | null;
  ref_id: string | null;
  at: Date;
}

/** Newest first. By `stock_movement_item` where an item is named, else by the primary key. */
export async function pageMovements(
  sql: Sql,
  workspaceId: number,
  page: { itemId: string | undefined; locationId: string | undefined; beforeId: number | null; limit: number },
): Promise<MovementRow[]> {
  const { rows } = await sql.query<MovementRow>({
    text: `select id, item_id, location_id, field, delta, reason, ref_type, ref_id, at from stock_movement
           where workspace_id = $1 and ($2::uuid is null or item_id = $2) and ($3::uuid is null or location_id = $3)
             and ($4::bigint is null or id < $4)
           order by id desc limit $5`,
    values: [workspaceId, page.itemId ?? null, page.locationId ?? null, page.beforeId, page.limit],
  });
  return rows;
}

/** In the order of items and locations. */
export async function pageLevels(
  sql: Sql,
  workspaceId: number,
  page: {
    itemIds: readonly string[] | undefined;
    locationId: string | undefined;
    after: LevelKey | undefined;
    limit: number;
  },
): Promise<Level[]> {
  const { rows } = await sql.query<LevelRow>({
    text: `select ${COLUMNS} from stock_level
           where workspace_id = $1 and ($2::uuid[] is null or item_id = any($2)) and ($3::uuid is null or location_id = $3)
             and ($4::uuid is null or (item_id, location_id) > ($4, $5::uuid))
           order by item_id, location_id limit $6`,
    values: [
      ...[workspaceId, page.itemIds === undefined ? null : arrayLiteral(page.itemIds), page.locationId ?? null],
      ...[page.after?.itemId ?? null, page.after?.locationId ?? null, page.limit],
    ],
  });
  return rows.map(levelOf);
}
