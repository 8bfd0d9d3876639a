import type { Handover } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';
import { deriveOrder } from './derive-order.ts';
import { NO_FACTS, type OrderFacts } from './order-facts.ts';
import type { OrderState } from './order-state.ts';

/** A row of the book: what was said of an order, and what follows from it. */
export interface BookRow {
  readonly id: string;
  readonly source: string;
  readonly sourceOrderId: string;
  readonly version: number;
  readonly profileId: string | null;
  readonly node: number | null;
  /** Sealed. */
  readonly who: Buffer | null;
  readonly addresses: Buffer | null;
  readonly facts: OrderFacts;
  /** Undefined: only parts of it are known. */
  readonly state: OrderState | undefined;
}

export interface RawOrderRow {
  id: string;
  source: string;
  source_order_id: string;
  version: number;
  profile_id: string | null;
  node: number | null;
  who: Buffer | null;
  addresses: Buffer | null;
  facts: Partial<OrderFacts>;
}

export const ORDER_COLUMNS = 'id, source, source_order_id, version, profile_id, node, who, addresses, facts';

export function bookRowOf(raw: RawOrderRow): BookRow {
  const facts = { ...NO_FACTS, ...raw.facts };
  const { id, source, source_order_id: sourceOrderId, version, profile_id: profileId, node, who, addresses } = raw;
  const names = { id, source, sourceOrderId, version, profileId, node };
  return { ...names, who, addresses, facts, state: version === 0 ? undefined : deriveOrder(facts, names) };
}

/** By id, locked; those that are not there are left out. */
export async function lockOrdersById(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<BookRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<RawOrderRow>({
    name: 'shop_order_lock_ids',
    text: `select ${ORDER_COLUMNS} from shop_order where workspace_id = $1 and id = any($2::uuid[])
           order by source, source_order_id for update`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map(bookRowOf);
}

export async function readBookRows(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<BookRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<RawOrderRow>({
    name: 'shop_order_read',
    text: `select ${ORDER_COLUMNS} from shop_order where workspace_id = $1 and id = any($2::uuid[]) and version > 0`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map(bookRowOf);
}

/** Writes rows as they are now, their columns and lines with them. */
export async function writeOrders(
  sql: Sql,
  workspaceId: number,
  { rows, at }: { rows: readonly BookRow[]; at: Date },
): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'shop_order_write',
    text: `update shop_order o set version = w.version, profile_id = w.profile_id, node = w.node, facts = w.facts,
             number = coalesce(w.number, ''), channel = coalesce(w.channel, ''), location_id = w.location_id,
             currency = coalesce(w.currency, ''), placed_at = to_timestamp(w.placed_ms / 1000.0),
             is_accepted = coalesce(w.is_accepted, false), is_test = coalesce(w.is_test, false),
             payment = coalesce(w.payment, 'pending'), fulfilment = coalesce(w.fulfilment, 'unfulfilled'),
             standing = coalesce(w.standing, 'open'), cancelled_at = to_timestamp(w.cancelled_ms / 1000.0),
             total_minor = coalesce(w.total_minor, 0), subtotal_minor = coalesce(w.subtotal_minor, 0),
             discount_minor = coalesce(w.discount_minor, 0), shipping_minor = coalesce(w.shipping_minor, 0),
             tax_minor = coalesce(w.tax_minor, 0), paid_minor = coalesce(w.paid_minor, 0),
             refunded_minor = coalesce(w.refunded_minor, 0), coupon_codes = coalesce(w.coupon_codes, '{}'),
             points_redeemed = coalesce(w.points_redeemed, 0), cart_token = w.cart_token, who = s.who,
             addresses = s.addresses, updated_at = $6
           from jsonb_to_recordset($2::jsonb) as w(id uuid, version int, profile_id uuid, node bigint, facts jsonb, number text,
             channel text, location_id uuid, currency text, placed_ms bigint, is_accepted boolean, is_test boolean,
             payment text, fulfilment text, standing text, cancelled_ms bigint, total_minor bigint, subtotal_minor bigint,
             discount_minor bigint, shipping_minor bigint, tax_minor bigint, paid_minor bigint, refunded_minor bigint,
             coupon_codes text[], points_redeemed bigint, cart_token text)
             join unnest($3::uuid[], $4::bytea[], $5::bytea[]) as s(id, who, addresses) on s.id = w.id
           where o.workspace_id = $1 and o.id = w.id`,
    values: [
      ...[workspaceId, JSON.stringify(rows.map(columnsOf)), arrayLiteral(rows.map((row) => row.id))],
      ...[rows.map((row) => row.who), rows.map((row) => row.addresses), at],
    ],
  });
}

function columnsOf({ id, version, profileId, node, facts, state }: BookRow): JsonObject {
  return {
    ...{ id, version, profile_id: profileId, node, facts: facts as unknown as JsonObject },
    ...(state !== undefined && {
      number: state.number,
      channel: state.channel,
      location_id: state.locationId,
      currency: state.currency,
      placed_ms: state.placedAtMs,
      is_accepted: state.isAccepted,
      is_test: state.isTest,
      payment: state.payment,
      fulfilment: state.fulfilment,
      standing: state.standing,
      cancelled_ms: state.cancelledAtMs,
      total_minor: state.totalMinor,
      subtotal_minor: state.subtotalMinor,
      discount_minor: state.discountMinor,
      shipping_minor: state.shippingMinor,
      tax_minor: state.taxMinor,
      paid_minor: state.paidMinor,
      refunded_minor: state.refundedMinor,
      coupon_codes: [...state.couponCodes],
      points_redeemed: state.pointsRedeemed,
      cart_token: state.cartToken,
    }),
  };
}

/** The lines of these orders are these and no others. */
export async function replaceLines(sql: Sql, workspaceId: number, orders: readonly OrderState[]): Promise<void> {
  if (orders.length === 0) return;
  const lines = orders.flatMap((order) =>
    order.lines.map((line, place) => ({
      ...{ order_id: order.id, line_id: line.id, place, variant_id: line.variantId, product_ref: line.productRef },
      ...{ variant_ref: line.variantRef, sku: line.sku, name: line.name, variant_title: line.variantTitle },
      ...{ brand: line.brand, quantity: line.quantity, cancelled: line.cancelled, fulfilled: line.fulfilled },
      ...{ returned: line.returned, unit_price_minor: line.unitPriceMinor, discount_minor: line.discountMinor },
    })),
  );
  await sql.query({
    name: 'order_line_replace',
    text: `with w as (
             select * from jsonb_to_recordset($3::jsonb) as w(order_id uuid, line_id text, place int, variant_id uuid,
               product_ref text, variant_ref text, sku text, name text, variant_title text, brand text, quantity bigint,
               cancelled bigint, fulfilled bigint, returned bigint, unit_price_minor bigint, discount_minor bigint)),
           gone as (
             delete from order_line l where l.workspace_id = $1 and l.order_id = any($2::uuid[])
               and not exists (select 1 from w where w.order_id = l.order_id and w.line_id = l.line_id))
           insert into order_line (workspace_id, order_id, line_id, place, variant_id, product_ref, variant_ref, sku, name,
             variant_title, brand, quantity, cancelled, fulfilled, returned, unit_price_minor, discount_minor)
           select $1, w.* from w
           on conflict (workspace_id, order_id, line_id) do update set place = excluded.place,
             variant_id = excluded.variant_id, product_ref = excluded.product_ref, variant_ref = excluded.variant_ref,
             sku = excluded.sku, name = excluded.name, variant_title = excluded.variant_title, brand = excluded.brand,
             quantity = excluded.quantity, cancelled = excluded.cancelled, fulfilled = excluded.fulfilled,
             returned = excluded.returned, unit_price_minor = excluded.unit_price_minor,
             discount_minor = excluded.discount_minor`,
    values: [workspaceId, arrayLiteral(orders.map((order) => order.id)), JSON.stringify(lines)],
  });
}

export interface OrderEventRow {
  readonly orderId: string;
  readonly key: string;
  readonly name: string;
  readonly detail: JsonObject;
  readonly occurredAtMs: number;
}

/** Those of them that are new, as `order id/key`; what was told before is passed by. */
export async function insertOrderEvents(
  sql: Sql,
  workspaceId: number,
  events: readonly OrderEventRow[],
): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  const { rows } = await sql.query<{ order_id: string; key: string }>({
    name: 'order_event_insert',
    text: `insert into order_event (workspace_id, order_id, key, name, detail, occurred_at)
           select $1, e.order_id, e.key, e.name, e.detail, e.at
           from unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
             as e(order_id, key, name, detail, at)
           on conflict (workspace_id, order_id, key) do nothing returning order_id, key`,
    values: [
      ...[workspaceId, arrayLiteral(events.map((one) => one.orderId)), events.map((one) => one.key)],
      ...[events.map((one) => one.name), events.map((one) => JSON.stringify(one.detail))],
      events.map((one) => new Date(one.occurredAtMs)),
    ],
  });
  return new Set(rows.map((row) => `${row.order_id}/${row.key}`));
}

export async function listOrderEvents(
  sql: Sql,
  workspaceId: number,
  orderId: string,
): Promise<{ name: string; detail: JsonObject; occurred_at: Date }[]> {
  const { rows } = await sql.query<{ name: string; detail: JsonObject; occurred_at: Date }>({
    text: `select name, detail, occurred_at from order_event where workspace_id = $1 and order_id = $2
           order by occurred_at, id limit 500`,
    values: [workspaceId, orderId],
  });
  return rows;
}

export interface OrderFilter {
  readonly profileId?: string | undefined;
  readonly channel?: string | undefined;
  readonly source?: string | undefined;
  readonly sourceOrderId?: string | undefined;
  readonly standing?: string | undefined;
}

/** Newest first. By `shop_order_profile` where a profile is named, else by `shop_order_placed`. */
export async function pageOrders(
  sql: Sql,
  workspaceId: number,
  page: { filter: OrderFilter; before: { placedAt: string; id: string } | undefined; limit: number },
): Promise<BookRow[]> {
  const { filter, before, limit } = page;
  const { rows } = await sql.query<RawOrderRow>({
    text: `select ${ORDER_COLUMNS} from shop_order
           where workspace_id = $1 and version > 0 and ($2::uuid is null or profile_id = $2)
             and ($3::text is null or channel = $3) and ($4::text is null or source = $4)
             and ($5::text is null or source_order_id = $5) and ($6::text is null or standing = $6)
             and ($7::timestamptz is null or (placed_at, id) < ($7, $8::uuid))
           order by placed_at desc, id desc limit $9`,
    values: [
      ...[workspaceId, filter.profileId ?? null, filter.channel ?? null, filter.source ?? null],
      ...[filter.sourceOrderId ?? null, filter.standing ?? null, before?.placedAt ?? null, before?.id ?? null, limit],
    ],
  });
  return rows.map(bookRowOf);
}

/** Orders nobody knows whose they are become these profiles'; answers which. */
export async function attachOrders(
  sql: Sql,
  workspaceId: number,
  owners: readonly { orderId: string; profileId: string; node: number }[],
): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'shop_order_attach',
    text: `update shop_order o set profile_id = w.profile_id, node = w.node
           from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as w(id, profile_id, node)
           where o.workspace_id = $1 and o.id = w.id and o.profile_id is null returning o.id`,
    values: [
      ...[
        workspaceId,
        arrayLiteral(owners.map((one) => one.orderId)),
        arrayLiteral(owners.map((one) => one.profileId)),
      ],
      arrayLiteral(owners.map((one) => one.node)),
    ],
  });
  return new Set(rows.map((row) => row.id));
}

/** Merged profiles' orders are those of the profiles they became part of. */
export async function moveOrders(sql: Sql, workspaceId: number, moves: ReadonlyMap<string, string>): Promise<void> {
  if (moves.size === 0) return;
  await sql.query({
    name: 'shop_order_follow',
    text: `update shop_order o set profile_id = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           where o.workspace_id = $1 and o.profile_id = m.origin`,
    values: [workspaceId, [...moves.keys()], [...moves.values()]],
  });
}

/** What is filed under a node goes where the node went. */
export async function handOrdersOver(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<void> {
  const moves = handovers.flatMap(({ into, nodes }) => nodes.map(({ id }) => ({ node: id, into: into.id })));
  if (moves.length === 0) return;
  await sql.query({
    name: 'shop_order_hand_over',
    text: `update shop_order o set profile_id = m.target from unnest($2::bigint[], $3::uuid[]) as m(node, target)
           where o.workspace_id = $1 and o.node = m.node`,
    values: [workspaceId, arrayLiteral(moves.map((move) => move.node)), moves.map((move) => move.into)],
  });
}

/** The newest orders of each profile that count as orders. By `shop_order_profile`. */
export async function listOrdersOf(
  sql: Sql,
  workspaceId: number,
  { profileIds, limit }: { profileIds: readonly string[]; limit: number },
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'shop_order_of_profiles',
    text: `select o.id from unnest($2::uuid[]) as p(id) cross join lateral (
             select id, placed_at from shop_order
             where workspace_id = $1 and profile_id = p.id and version > 0 and is_accepted and not is_test
             order by placed_at desc limit $3) o`,
    values: [workspaceId, arrayLiteral(profileIds), limit],
  });
  return rows.map((row) => row.id);
}
