import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Components, ReservationKind } from './wish.ts';

export interface OwnerRow {
  readonly owner_ref: string;
  readonly kind: ReservationKind;
  readonly channel: string;
  readonly wish_hash: Buffer;
  readonly state: 'active' | 'ended';
  readonly expires_at: Date | null;
}

/** Those of them that are new; the others had their row before. Whoever else wants one of them waits for this transaction. */
export async function insertOwners(
  sql: Sql,
  workspaceId: number,
  owners: readonly (Omit<OwnerRow, 'state'> & { at: Date })[],
): Promise<Set<string>> {
  const { rows } = await sql.query<{ owner_ref: string }>({
    name: 'reservation_owner_insert',
    text: `insert into reservation_owner (workspace_id, owner_ref, kind, channel, wish_hash, state, expires_at, created_at)
           select $1, o.owner_ref, o.kind, o.channel, o.wish_hash, 'active', o.expires_at, o.at
           from unnest($2::text[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[], $7::timestamptz[])
             as o(owner_ref, kind, channel, wish_hash, expires_at, at)
           order by o.owner_ref on conflict do nothing returning owner_ref`,
    values: [
      workspaceId,
      ...[owners.map((one) => one.owner_ref), owners.map((one) => one.kind), owners.map((one) => one.channel)],
      ...[owners.map((one) => one.wish_hash), owners.map((one) => one.expires_at), owners.map((one) => one.at)],
    ],
  });
  return new Set(rows.map((row) => row.owner_ref));
}

/** Whoever locks them decides how they end. In the order of their names. */
export async function lockOwners(
  sql: Sql,
  workspaceId: number,
  ownerRefs: readonly string[],
): Promise<Map<string, OwnerRow>> {
  if (ownerRefs.length === 0) return new Map();
  const { rows } = await sql.query<OwnerRow>({
    name: 'reservation_owner_lock',
    text: `select owner_ref, kind, channel, wish_hash, state, expires_at from reservation_owner
           where workspace_id = $1 and owner_ref = any($2::text[]) order by owner_ref for update`,
    values: [workspaceId, ownerRefs],
  });
  return new Map(rows.map((row) => [row.owner_ref, row]));
}

export interface OwnerWrite {
  readonly ownerRef: string;
  readonly state: 'active' | 'ended';
  readonly kind: ReservationKind;
  readonly channel: string;
  readonly wishHash: Buffer;
  readonly expiresAt: Date | null;
}

export async function updateOwners(sql: Sql, workspaceId: number, writes: readonly OwnerWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await sql.query({
    name: 'reservation_owner_update',
    text: `update reservation_owner o set state = w.state, kind = w.kind, channel = w.channel, wish_hash = w.wish_hash,
             expires_at = w.expires_at
           from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::timestamptz[])
             as w(owner_ref, state, kind, channel, wish_hash, expires_at)
           where o.workspace_id = $1 and o.owner_ref = w.owner_ref`,
    values: [
      workspaceId,
      ...[writes.map((one) => one.ownerRef), writes.map((one) => one.state), writes.map((one) => one.kind)],
      ...[writes.map((one) => one.channel), writes.map((one) => one.wishHash), writes.map((one) => one.expiresAt)],
    ],
  });
}

/** Nothing came of their wishes. */
export async function deleteOwners(sql: Sql, workspaceId: number, ownerRefs: readonly string[]): Promise<void> {
  if (ownerRefs.length === 0) return;
  await sql.query({
    name: 'reservation_owner_delete',
    text: 'delete from reservation_owner where workspace_id = $1 and owner_ref = any($2::text[])',
    values: [workspaceId, ownerRefs],
  });
}

export interface ReservationRow {
  readonly id: string;
  readonly owner_ref: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly quantity: number;
  readonly reserved: number;
  readonly waiting: number;
  readonly consumed: number;
  readonly released: number;
  readonly expired: number;
  readonly created_at: Date;
}

const COLUMNS =
  'id, owner_ref, item_id, location_id, quantity, reserved, waiting, consumed, released, expired, created_at';

/** In the order of owners, items and locations. */
export async function listReservations(
  sql: Sql,
  workspaceId: number,
  ownerRefs: readonly string[],
): Promise<ReservationRow[]> {
  if (ownerRefs.length === 0) return [];
  const { rows } = await sql.query<ReservationRow>({
    name: 'reservation_list',
    text: `select ${COLUMNS} from reservation where workspace_id = $1 and owner_ref = any($2::text[])
           order by owner_ref, item_id, location_id`,
    values: [workspaceId, ownerRefs],
  });
  return rows;
}

/** What is promised out of what is coming, the oldest first. */
export async function listWaiting(
  sql: Sql,
  workspaceId: number,
  itemIds: readonly string[],
): Promise<ReservationRow[]> {
  const { rows } = await sql.query<ReservationRow>({
    name: 'reservation_waiting',
    text: `select ${COLUMNS} from reservation where workspace_id = $1 and item_id = any($2::uuid[]) and waiting > 0
           order by created_at, id`,
    values: [workspaceId, arrayLiteral(itemIds)],
  });
  return rows;
}

/** Adds what is not there; of what is there, everything but its names is as given. */
export async function putReservations(sql: Sql, workspaceId: number, rows: readonly ReservationRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'reservation_put',
    text: `insert into reservation (workspace_id, id, owner_ref, item_id, location_id, quantity, reserved, waiting, consumed,
             released, expired, created_at)
           select $1, r.* from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[],
             $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::timestamptz[]) as r(id, owner_ref, item_id,
             location_id, quantity, reserved, waiting, consumed, released, expired, created_at)
           on conflict (workspace_id, owner_ref, item_id, location_id) do update set quantity = excluded.quantity,
             reserved = excluded.reserved, waiting = excluded.waiting, consumed = excluded.consumed,
             released = excluded.released, expired = excluded.expired`,
    values: [
      ...[workspaceId, arrayLiteral(rows.map((row) => row.id)), rows.map((row) => row.owner_ref)],
      ...[arrayLiteral(rows.map((row) => row.item_id)), arrayLiteral(rows.map((row) => row.location_id))],
      ...[arrayLiteral(rows.map((row) => row.quantity)), arrayLiteral(rows.map((row) => row.reserved))],
      ...[arrayLiteral(rows.map((row) => row.waiting)), arrayLiteral(rows.map((row) => row.consumed))],
      ...[arrayLiteral(rows.map((row) => row.released)), arrayLiteral(rows.map((row) => row.expired))],
      rows.map((row) => row.created_at),
    ],
  });
}

/** What each variant is made of; who is not in the answer is counted as itself. By the primary key. */
export async function readComponents(
  sql: Sql,
  workspaceId: number,
  variantIds: readonly string[],
): Promise<Components> {
  const parts = new Map<string, { itemId: string; quantity: number }[]>();
  if (variantIds.length === 0) return parts;
  const { rows } = await sql.query<{ variant_id: string; item_id: string; quantity: number }>({
    name: 'variant_component_read',
    text: `select variant_id, item_id, quantity from variant_component
           where workspace_id = $1 and variant_id = any($2::uuid[]) order by variant_id, item_id`,
    values: [workspaceId, arrayLiteral(variantIds)],
  });
  for (const row of rows) {
    const own = parts.get(row.variant_id) ?? [];
    own.push({ itemId: row.item_id, quantity: row.quantity });
    parts.set(row.variant_id, own);
  }
  return parts;
}

/** The bundles that hold these items. By `variant_component_item`. */
export async function listBundlesOf(
  sql: Sql,
  workspaceId: number,
  itemIds: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await sql.query<{ variant_id: string; item_id: string }>({
    name: 'variant_component_bundles',
    text: `select variant_id, item_id from variant_component where workspace_id = $1 and item_id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(itemIds)],
  });
  const bundles = new Map<string, string[]>();
  for (const row of rows) bundles.set(row.item_id, [...(bundles.get(row.item_id) ?? []), row.variant_id]);
  return bundles;
}

/** What a variant is made of from now on; none: it is counted as itself. */
export async function replaceComponents(
  sql: Sql,
  workspaceId: number,
  { variantId, components }: { variantId: string; components: readonly { itemId: string; quantity: number }[] },
): Promise<void> {
  await sql.query({
    text: 'delete from variant_component where workspace_id = $1 and variant_id = $2',
    values: [workspaceId, variantId],
  });
  if (components.length === 0) return;
  await sql.query({
    text: `insert into variant_component (workspace_id, variant_id, item_id, quantity)
           select $1, $2, c.item_id, c.quantity from unnest($3::uuid[], $4::int[]) as c(item_id, quantity)`,
    values: [
      ...[workspaceId, variantId, arrayLiteral(components.map((one) => one.itemId))],
      arrayLiteral(components.map((one) => one.quantity)),
    ],
  });
}

export interface BufferRow {
  readonly channel: string;
  readonly item_id: string;
  readonly buffer: number;
  readonly cap: number | null;
}

/** Of an item that has no row of its own the row of this one counts. */
export const EVERY_ITEM = '00000000-0000-0000-0000-000000000000';

export async function readBuffers(
  sql: Sql,
  workspaceId: number,
  asked: { channels: readonly string[]; itemIds: readonly string[] },
): Promise<BufferRow[]> {
  const { rows } = await sql.query<BufferRow>({
    name: 'channel_buffer_read',
    text: `select channel, item_id, buffer, cap from channel_buffer
           where workspace_id = $1 and channel = any($2::text[]) and item_id = any($3::uuid[])`,
    values: [workspaceId, asked.channels, arrayLiteral([...asked.itemIds, EVERY_ITEM])],
  });
  return rows;
}

export async function listAllBuffers(sql: Sql, workspaceId: number): Promise<BufferRow[]> {
  const { rows } = await sql.query<BufferRow>({
    text: 'select channel, item_id, buffer, cap from channel_buffer where workspace_id = $1 order by channel, item_id limit 5000',
    values: [workspaceId],
  });
  return rows;
}

export async function putBuffer(sql: Sql, workspaceId: number, row: BufferRow): Promise<void> {
  await sql.query({
    text: `insert into channel_buffer (workspace_id, channel, item_id, buffer, cap) values ($1, $2, $3, $4, $5)
           on conflict (workspace_id, channel, item_id) do update set buffer = excluded.buffer, cap = excluded.cap`,
    values: [workspaceId, row.channel, row.item_id, row.buffer, row.cap],
  });
}

export async function deleteBuffer(
  sql: Sql,
  workspaceId: number,
  row: { channel: string; itemId: string },
): Promise<void> {
  await sql.query({
    text: 'delete from channel_buffer where workspace_id = $1 and channel = $2 and item_id = $3',
    values: [workspaceId, row.channel, row.itemId],
  });
}

/** Owners whose time is over, nobody else being at them. By `reservation_owner_expiry`. */
export async function listExpired(
  sql: Sql,
  { at, limit }: { at: Date; limit: number },
): Promise<{ workspace_id: number; owner_ref: string }[]> {
  const { rows } = await sql.query<{ workspace_id: number; owner_ref: string }>({
    name: 'reservation_owner_expired',
    // every workspace: one loop works for all.
    text: `select workspace_id, owner_ref from reservation_owner where state = 'active' and expires_at <= $1
           order by expires_at limit $2`,
    values: [at, limit],
  });
  return rows;
}
