import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import type { CouponsHeld, NamedOrder, OrderCouponPort, PlacedOrder } from '../../orders/index.ts';
import { holdProfiles } from '../../profiles/index.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { batchOf } from '../coupon-batch.ts';
import { type Buyer, NOBODY } from '../spending/buyer.ts';
import { commitHold } from '../spending/commit-hold.ts';
import { holdCoupons } from '../spending/hold-coupons.ts';
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
  const held: CouponsHeld[] = [];
  for (const wish of wishes) held.push(await holdOne(ctx, wish));
  return held;
}

async function holdOne(ctx: TxCtx, { order, codes, cartRef }: Wish): Promise<CouponsHeld> {
  const { language, time_zone: timeZone } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
  const held = await holdCoupons(batchOf(ctx), {
    ownerRef: ownerOf.order(order.orderId),
    takesOver: cartRef === null ? [] : [ownerOf.cart(cartRef)],
    codes,
    cart: cartOf(order),
    channel: order.channel,
    store: undefined,
    buyer: await buyerOf(ctx, order.profileId),
    expiresAtMs: null,
    ...{ isWhole: true, isOnce: true },
    place: { language, timeZone },
  });
  switch (held.kind) {
    case 'refused': {
      const [first] = held.refused;
      if (first === undefined) throw new Error('a hold was refused without a reason');
      // As the order has it: it knows no other spelling.
      const typed = codes.find((code) => normaliseCode(code) === normaliseCode(first.code));
      return { kind: 'refused', code: typed ?? first.code, message: first.message };
    }
    case 'repeat':
      return { kind: 'held', discounts: (held.hold.answer as unknown as Quote).discounts };
    case 'held':
      return { kind: 'held', discounts: held.quote.discounts };
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

async function buyerOf(ctx: TxCtx, profileId: string | null): Promise<Buyer> {
  if (profileId === null) return NOBODY;
  const { ofIds } = await holdProfiles(ctx, { profileIds: [profileId], identifiers: [] });
  const [held] = ofIds;
  return held === undefined ? NOBODY : { ...NOBODY, ...held };
}

async function commit(ctx: TxCtx, orders: readonly NamedOrder[]): Promise<void> {
  for (const { id, source, sourceOrderId } of orders) {
    const name = { orderSource: source, orderRef: sourceOrderId };
    const done = await commitHold(batchOf(ctx), { ...name, ownerRef: ownerOf.order(id) });
    if (done.kind === 'other_order') throw new Error('the hold of an order was redeemed for another');
  }
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
