import { AppError, type ErrorDetail } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { readPrices, readVariants, type VariantRow } from '../catalog/index.ts';
import type { Who } from '../events/index.ts';
import { reserve, type Wish } from '../inventory/index.ts';
import { joinSnapshot } from './order-facts.ts';
import { batchOf, type OrderBook, type OrderOwner, restate } from './order-book.ts';
import type { Address, OrderInput } from './order-input.ts';
import type { OrderState } from './order-state.ts';
import { lockOrders } from './order-store.ts';
import type { OrderCouponPort, OrderPointsPort, PlacedOrder } from './ports.ts';
import { priceOrder, type PricedLine } from './price-order.ts';
import { sealAddresses, sealWho } from './seal-order.ts';
import { ownerRefOf } from './stock-effects.ts';

export interface PlaceLine {
  readonly variantId: string;
  readonly quantity: number;
  /** Left out: the catalog's price for the channel. */
  readonly unitPriceMinor?: number | undefined;
  readonly discountMinor?: number | undefined;
}

/** An order as somebody places it: in chat, on the phone, at our own till, through the API. */
export interface PlaceOrder {
  readonly source: string;
  /** Of the caller: the same is the same order, placed once. */
  readonly reference: string;
  readonly number?: string | undefined;
  readonly channel: string;
  readonly locationId?: string | undefined;
  readonly currency: string;
  readonly owner: OrderOwner | undefined;
  readonly who: Who;
  readonly lines: readonly PlaceLine[];
  readonly shippingMinor: number;
  readonly taxMinor: number;
  readonly couponCodes: readonly string[];
  readonly points: number;
  readonly cartToken?: string | undefined;
  /** A cart's hold of stock and coupons: the order takes it over. */
  readonly holdRef?: string | undefined;
  readonly payment: 'pending' | 'authorized' | 'paid';
  /** The customer takes it along. */
  readonly isHandedOver: boolean;
  readonly strategy?: Wish['strategy'];
  readonly near?: Wish['near'];
  /** What the customer was shown; another total is refused. */
  readonly expectedTotalMinor?: number | undefined;
  readonly shipTo?: Address | undefined;
  readonly billTo?: Address | undefined;
}

export interface PlaceDeps {
  readonly book: OrderBook;
  readonly coupons: OrderCouponPort;
  readonly points: OrderPointsPort;
}

export interface Placed {
  readonly order: OrderState;
  readonly isRepeat: boolean;
}

/**
 * Places an order: prices, coupons, points and stock in one transaction, all of it or nothing. A repeat of the reference
 * answers the order that was placed.
 */
export async function placeOrder(ctx: TxCtx, deps: PlaceDeps, wish: PlaceOrder): Promise<Placed> {
  const { sql, workspaceId } = ctx;
  const now = ctx.clock.now();
  const ref = { source: wish.source, id: wish.reference };
  const [row] = await lockOrders(sql, workspaceId, { refs: [ref], at: new Date(now) });
  if (row?.state !== undefined) return { order: row.state, isRepeat: true };
  const before = row!;
  const lines = await pricedLines(ctx, wish, now);
  await setStockApart(ctx, wish, before.id);
  const placed: PlacedOrder = {
    ...{ orderId: before.id, source: wish.source, sourceOrderId: wish.reference, channel: wish.channel },
    ...{ profileId: wish.owner?.profileId ?? null, currency: wish.currency, lines, shippingMinor: wish.shippingMinor },
  };
  const held = await holdCoupons(ctx, deps.coupons, { placed, wish });
  const priced = priceOrder({ lines, discounts: held, shippingMinor: wish.shippingMinor, taxMinor: wish.taxMinor });
  const pointsMinor = await burnPoints(ctx, deps.points, { placed, wish, atMostMinor: priced.totalMinor });
  const input = inputOf(wish, { ref, now, before, priced, pointsMinor });
  requireTotal(wish, input.totals.totalMinor);
  const keys = await ctx.keysOf(workspaceId);
  const after = {
    ...before,
    ...wish.owner,
    facts: joinSnapshot(before.facts, input),
    version: 1,
    who: sealWho(keys, wish.who) ?? null,
    addresses: sealAddresses(keys, wish) ?? null,
  };
  const change = restate({ before, after });
  await deps.book.carryOut(batchOf(ctx), [change], { hasStock: true });
  const order = change.after.state!;
  if (wish.payment === 'paid') await deps.coupons.commit(ctx, [order]);
  return { order, isRepeat: false };
}

async function pricedLines(ctx: TxCtx, wish: PlaceOrder, atMs: number): Promise<PricedLine[]> {
  const { sql, workspaceId } = ctx;
  const variantIds = [...new Set(wish.lines.map((line) => line.variantId))];
  const variants = await readVariants(sql, workspaceId, variantIds);
  const { channel, currency } = wish;
  const prices = await readPrices(sql, workspaceId, { variantIds, channel, currency, atMs });
  const details: ErrorDetail[] = [];
  const lines = wish.lines.flatMap((line, at): PricedLine[] => {
    const variant = variants.get(line.variantId);
    const unitPriceMinor = line.unitPriceMinor ?? prices.get(line.variantId)?.amountMinor;
    if (variant === undefined)
      details.push({ field: `lines[${at}].variantId`, message: 'names no variant of the catalog' });
    else if (unitPriceMinor === undefined)
      details.push({ field: `lines[${at}].unitPriceMinor`, message: `has no price in ${currency}; give one` });
    else return [pricedLine(line, { at, variant, unitPriceMinor })];
    return [];
  });
  if (details.length > 0) throw new AppError('invalid', 'The order names what is not for sale', { details });
  return lines;
}

function pricedLine(
  line: PlaceLine,
  { at, variant, unitPriceMinor }: { at: number; variant: VariantRow; unitPriceMinor: number },
): PricedLine {
  return {
    ...{
      id: String(at + 1),
      variantId: line.variantId,
      sku: variant.sku ?? null,
      quantity: line.quantity,
      unitPriceMinor,
    },
    discountMinor: line.discountMinor ?? 0,
    productRef: variant.productId,
    name: variant.productTitle,
    variantTitle: variant.title ?? undefined,
    brand: variant.vendor ?? undefined,
  };
}

async function setStockApart(ctx: TxCtx, wish: PlaceOrder, orderId: string): Promise<void> {
  const outcome = await reserve(ctx, {
    ...{
      ownerRef: ownerRefOf(orderId),
      kind: 'order',
      channel: wish.channel,
      strategy: wish.strategy,
      near: wish.near,
    },
    lines: wish.lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
    locationIds: wish.isHandedOver && wish.locationId !== undefined ? [wish.locationId] : undefined,
    takesOver: wish.holdRef === undefined ? undefined : [wish.holdRef],
  });
  if (outcome.kind === 'reserved') return;
  const missing = outcome.kind === 'short' ? outcome.lines : [];
  throw new AppError('conflict', 'There is not enough in stock', {
    details: missing.map(({ variantId, wanted, available }) => ({
      field: `lines[${wish.lines.findIndex((line) => line.variantId === variantId)}].quantity`,
      message: `asks for ${wanted}; there are ${available}`,
    })),
  });
}

async function holdCoupons(
  ctx: TxCtx,
  coupons: OrderCouponPort,
  { placed, wish }: { placed: PlacedOrder; wish: PlaceOrder },
) {
  if (wish.couponCodes.length === 0) return [];
  const [held] = await coupons.hold(ctx, [{ order: placed, codes: wish.couponCodes, cartRef: wish.holdRef ?? null }]);
  if (held === undefined) throw new Error('coupons of an order were not answered');
  if (held.kind === 'held') return held.discounts;
  throw new AppError('conflict', held.message, {
    details: [{ field: `couponCodes[${wish.couponCodes.indexOf(held.code)}]`, message: held.message }],
  });
}

async function burnPoints(
  ctx: TxCtx,
  points: OrderPointsPort,
  { placed, wish, atMostMinor }: { placed: PlacedOrder; wish: PlaceOrder; atMostMinor: number },
): Promise<number> {
  if (wish.points === 0) return 0;
  const [burned] = await points.burn(ctx, [{ order: placed, points: wish.points, atMostMinor }]);
  if (burned === undefined) throw new Error('points of an order were not answered');
  if (burned.kind === 'burned') return burned.amountMinor;
  throw new AppError('conflict', burned.message, { details: [{ field: 'points', message: burned.message }] });
}

function requireTotal({ expectedTotalMinor }: PlaceOrder, totalMinor: number): void {
  if (expectedTotalMinor === undefined || expectedTotalMinor === totalMinor) return;
  throw new AppError('conflict', 'The order costs something else now', {
    details: [
      { field: 'expectedTotalMinor', message: `is ${totalMinor} now; show it to the customer and place it again` },
    ],
  });
}

function inputOf(
  wish: PlaceOrder,
  made: {
    ref: OrderInput['ref'];
    now: number;
    before: { id: string };
    priced: ReturnType<typeof priceOrder>;
    pointsMinor: number;
  },
): OrderInput {
  const { priced, pointsMinor } = made;
  const totals = {
    ...priced.totals,
    discountMinor: priced.totals.discountMinor + pointsMinor,
    totalMinor: priced.totalMinor - pointsMinor,
  };
  return {
    ref: made.ref,
    version: { at: made.now },
    number: wish.number ?? wish.reference,
    channel: wish.channel,
    locationId: wish.locationId,
    placedAtMs: made.now,
    currency: wish.currency,
    who: wish.who,
    payment: wish.payment,
    paidMinor: wish.payment === 'paid' ? totals.totalMinor : 0,
    isAccepted: true,
    totals,
    couponCodes: [...wish.couponCodes],
    pointsRedeemed: wish.points,
    cartToken: wish.cartToken,
    lines: priced.lines,
    refunds: [],
    fulfilments: [],
    isFulfilled: wish.isHandedOver,
    stock: 'ours',
  };
}
