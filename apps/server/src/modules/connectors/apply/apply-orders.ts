import { findVariants } from '../../catalog/index.ts';
import { batchOf } from '../../orders/index.ts';
import type { ShopOrder, ShopOrderLine } from '../order-record.ts';
import { believes, stockOf } from '../settings.ts';
import type { BasketOwner } from './apply-baskets.ts';
import { resolveLocations } from './apply-locations.ts';
import { type Applying, ownerOf } from './applying.ts';
import { type OrderOf, orderInputOf, orderPartsOf } from './order-input.ts';
import { type ShopOrderRow, upsertShopOrders } from './order-store.ts';
import type { SortedRecords, Told } from './sort-records.ts';
import { putWaiting, type WaitingRecord } from './waiting-store.ts';
import { sealWho, whoHashes, whoOf } from './who.ts';

type OrdersTold = Pick<SortedRecords, 'orders' | 'refunds' | 'fulfilments' | 'delivered' | 'goneOrders'>;
type ThereOrder = Told<ShopOrder> & { readonly value: ShopOrder };

const LINKED_DIGITS = 4;

/** Hands orders and their parts to the book; answers the orders that came. */
export async function applyOrders(applying: Applying, told: OrdersTold): Promise<string[]> {
  const { ctx, ports, settings } = applying;
  if (!believes(settings, 'orders')) return [];
  const orders = told.orders.filter((one): one is ThereOrder => one.value !== undefined);
  const of = await orderOf(applying, { ...told, orders });
  const linked = await linkOrders(applying, orders);
  const rows = orders.map(({ value }) => rowOf(applying, value));
  await upsertShopOrders(ctx.sql, ownerOf(applying), rows);
  const inputs = orders.map(({ hash, value }) => {
    // The same order with more of its products known is a newer word than with fewer, whenever that came.
    const links = String(linked.get(value) ?? 0).padStart(LINKED_DIGITS, '0');
    return orderInputOf(value, { hash: `${hash}~${links}`, who: whoOf(value.who, settings), of });
  });
  const parts = orderPartsOf(told, of);
  if (inputs.length + parts.length > 0) await ports.orders.takeOrders(batchOf(ctx), { inputs, parts });
  return orders.map(({ id }) => id);
}

/** Whose carts and checkouts became orders. Pure. */
export function basketOwnersOf(orders: readonly Told<ShopOrder>[]): BasketOwner[] {
  return orders.flatMap(({ value }): BasketOwner[] => {
    if (value?.cartToken === undefined) return [];
    return [{ kind: 'cart', token: value.cartToken, who: value.who }];
  });
}

async function orderOf(applying: Applying, told: OrdersTold): Promise<OrderOf> {
  const { connector, settings } = applying;
  const whole = told.orders.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const refunds = [...told.refunds.map(({ refund }) => refund), ...whole.flatMap((order) => order.refunds)];
  const sent = [
    ...told.fulfilments.map(({ fulfilment }) => fulfilment),
    ...whole.flatMap((order) => order.fulfilments),
  ];
  const named = [
    ...whole.map(({ locationId }) => locationId),
    ...refunds.flatMap(({ lines }) => lines.map(({ locationId }) => locationId)),
    ...sent.map(({ locationId }) => locationId),
  ].filter((id) => id !== undefined);
  return {
    ...{ source: connector.source, channel: settings.channel, stock: stockOf(connector) },
    locationOf: named.length === 0 ? () => '' : await resolveLocations(applying, named),
  };
}

/**
 * How many lines of each order name a product that is known. An order with others is told again, by itself, once they are.
 */
async function linkOrders(applying: Applying, orders: readonly ThereOrder[]): Promise<Map<ShopOrder, number>> {
  const { ctx, connector, keys } = applying;
  const lines = orders.flatMap(({ value }) => value.lines.map((line) => ({ order: value, line })));
  if (lines.length === 0) return new Map();
  const found = await findVariants(
    ctx.sql,
    ctx.workspaceId,
    lines.map(({ line }) => ({ source: connector.source, ...namesOf(line) })),
  );
  const linked = new Map<ShopOrder, number>();
  const waiting: WaitingRecord[] = [];
  for (const [at, { order, line }] of lines.entries()) {
    if (found[at] !== undefined) linked.set(order, (linked.get(order) ?? 0) + 1);
    const awaits = line.variantId === undefined ? line.sku && `sku:${line.sku}` : `variant:${line.variantId}`;
    if (found[at] !== undefined || awaits === undefined) continue;
    waiting.push({ awaits, key: `order:${order.id}`, atMs: order.atMs, record: { kind: 'order', order } });
  }
  await putWaiting(ctx.sql, ownerOf(applying), { waiting, keys, at: new Date(ctx.clock.now()) });
  return linked;
}

/** As the book asks the catalog for them. */
function namesOf({ productId, variantId, sku }: ShopOrderLine) {
  return {
    ...(productId !== undefined && { productId }),
    ...(variantId !== undefined && { variantId }),
    ...(sku !== undefined && { sku }),
  };
}

function rowOf(applying: Applying, order: ShopOrder): ShopOrderRow {
  return {
    ...{ external_id: order.id, version_at: new Date(order.atMs), placed_at: new Date(order.placedAtMs) },
    ...{ total_minor: order.totals.totalMinor, is_counted: order.isAccepted && !order.isTest },
    ...{ who: sealWho(applying.keys, order.who), who_hashes: whoHashes(applying, order.who) },
  };
}
