import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import type { CouponsHeld, NamedOrder, OrderCouponPort, PlacedOrder } from '../../orders/index.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { batchOf } from '../coupon-batch.ts';
import { NOBODY } from '../spending/buyer.ts';
import { commitAll } from '../spending/commit-hold.ts';
import { type Held, holdAll } from '../spending/hold-coupons.ts';
import { ownerOf } from '../spending/owner.ts';
import type { Quote } from '../spending/quote.ts';
import { releaseHolds } from '../spending/release-holds.ts';
import { voidRedemptions } from '../spending/void-redemptions.ts';

/** Coupons of orders that are placed here: held until they are paid or cancelled. */
export function createOrderCoupons(): OrderCouponPort {
  return { hold, commit, void: giveBack };
}

type Wish = Parameters<OrderCouponPort['hold']>[1][number];

async function hold(ctx: TxCtx, wishes: readonly Wish[]): Promise<CouponsHeld[]> {
  if (wishes.length === 0) return [];
  const { language, time_zone: timeZone } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
  const held = await holdAll(
    batchOf(ctx),
    wishes.map(({ order, codes, cartRef, isPaid }) => ({
      ownerRef: ownerOf.order(order.orderId),
      takesOver: cartRef === null ? [] : [ownerOf.cart(cartRef)],
      codes,
      cart: cartOf(order),
      channel: order.channel,
      store: undefined,
      buyer: { ...NOBODY, ...order.owner },
      expiresAtMs: null,
      ...{ isWhole: true, isOnce: true },
      redeemsFor: isPaid ? { orderSource: order.source, orderRef: order.sourceOrderId } : undefined,
      place: { language, timeZone },
    })),
  );
  return held.map((one, at) => answerOf(one, wishes[at]!.codes));
}

function answerOf(held: Held, codes: readonly string[]): CouponsHeld {
  switch (held.kind) {
    case 'refused': {
      const [first] = held.refused;
      if (first === undefined) throw new Error('a hold was refused without a reason');
      // As the order has it: it knows no other spelling.
      const typed = codes.find((code) => normaliseCode(code) === normaliseCode(first.code));
      return { kind: 'refused', code: typed ?? first.code, message: first.message };
    }
    case 'repeat':
      return { kind: 'held', isRedeemed: false, discounts: (held.hold.answer as unknown as Quote).discounts };
    case 'held':
      return { kind: 'held', isRedeemed: held.isRedeemed, discounts: held.quote.discounts };
  }
}

function cartOf(order: PlacedOrder) {
  return {
    currency: order.currency,
    shippingMinor: order.shippingMinor,
    lines: order.lines.map(({ id, variantId, sku, quantity, unitPriceMinor, discountMinor }) => ({
      ...{ id, quantity, unitPriceMinor, discountMinor },
      ...(variantId !== null && { variantId: publicId('var', variantId) }),
      ...(sku !== null && { sku }),
    })),
  };
}

async function commit(ctx: TxCtx, orders: readonly NamedOrder[]): Promise<void> {
  const done = await commitAll(
    batchOf(ctx),
    orders.map(({ id, source: orderSource, sourceOrderId: orderRef }) => ({
      ...{ orderSource, orderRef },
      ownerRef: ownerOf.order(id),
    })),
  );
  if (done.some(({ kind }) => kind === 'other_order')) throw new Error('the hold of an order was redeemed for another');
}

async function giveBack(ctx: TxCtx, orders: readonly NamedOrder[]): Promise<void> {
  const batch = batchOf(ctx);
  await releaseHolds(
    batch,
    orders.map(({ id }) => ownerOf.order(id)),
  );
  await voidRedemptions(
    batch,
    orders.map(({ source, sourceOrderId }) => ({ orderSource: source, orderRef: sourceOrderId })),
  );
}
