import type { OrderChange, OrderFollower, OrderState } from '../../orders/index.ts';
import type { CouponBatch } from '../coupon-batch.ts';
import { asTo, findOffers, findRecipients } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { recountUses } from '../profiles/recount-uses.ts';
import { attachRedemptions } from '../profiles/follow-store.ts';
import { couponParts } from './coupon-parts.ts';
import { type HoldRow, lockHolds } from '../spending/hold-store.ts';
import { ownerOf } from '../spending/owner.ts';
import { type CouponFact, recordFacts } from '../spending/record-facts.ts';
import { lockOrders, type OrderName } from '../spending/redemption-store.ts';
import { voidLocked } from '../spending/void-redemptions.ts';

/**
 * Coupons of orders that other systems took: a shop, a marketplace, a till. Each is redeemed once for its order, whatever comes
 * in twice; beyond a limit it is an exception. A cancelled order gives its uses back. Orders placed here have a hold of their
 * own and are left to it.
 */
export const couponFollower: OrderFollower = {
  name: 'promotions',
  async follow(batch, changes) {
    const concerned = changes.filter(concernsCoupons);
    if (concerned.length === 0) return;
    const { sql, workspaceId } = batch;
    await lockOrders(
      sql,
      workspaceId,
      concerned.map(({ after }) => nameOf(after)),
    );
    const refs = concerned.flatMap(({ after }) => [ownerOf.order(after.id), ...cartsOf(after)]);
    const holds = new Map((await lockHolds(sql, workspaceId, refs)).map((hold) => [hold.owner_ref, hold]));
    await attach(batch, concerned);
    await giveBack(batch, concerned);
    const told = concerned
      .map(({ after }) => after)
      .filter((order) => isTaken(order) && !isPlacedHere(holds.get(ownerOf.order(order.id))));
    await record(batch, told, holds);
  },
};

function concernsCoupons({ before, after }: OrderChange): boolean {
  return !after.isTest && (after.couponCodes.length > 0 || (before?.couponCodes.length ?? 0) > 0);
}

/** Accepted, and still to be had. */
function isTaken({ isAccepted, standing, payment }: OrderState): boolean {
  return isAccepted && standing !== 'cancelled' && payment !== 'voided';
}

function isPlacedHere(hold: HoldRow | undefined): boolean {
  return hold !== undefined && (hold.state === 'held' || hold.state === 'committed');
}

function nameOf(order: Pick<OrderState, 'source' | 'sourceOrderId'>): OrderName {
  return { orderSource: order.source, orderRef: order.sourceOrderId };
}

/** What the cart of an order may have been called when it held coupons. */
function cartsOf({ cartToken }: OrderState): string[] {
  return cartToken === null ? [] : [ownerOf.cart(cartToken), ownerOf.cart(`cart:${cartToken}`)];
}

/** Redemptions of an order are those of its customer as soon as it is known who she is. */
async function attach(batch: CouponBatch, changes: readonly OrderChange[]): Promise<void> {
  const known = changes.flatMap(({ before, after }) => {
    const { profileId, node } = after;
    if (profileId === null || node === null || before?.profileId === profileId) return [];
    return [{ ...nameOf(after), profileId, node }];
  });
  if (known.length === 0) return;
  const profiles = await attachRedemptions(batch.sql, batch.workspaceId, known);
  await recountUses(batch, { profileIds: profiles, kind: 'profile_limit' });
}

/** Of an order that is not taken every use is given back; else those of codes it has no longer. */
async function giveBack(batch: CouponBatch, changes: readonly OrderChange[]): Promise<void> {
  const gone = changes.filter(({ after }) => !isTaken(after));
  const dropped = changes.flatMap(({ before, after }) => {
    if (!isTaken(after)) return [];
    const kept = new Set(after.couponCodes.map(normaliseCode));
    const codes = (before?.couponCodes ?? []).map(normaliseCode).filter((code) => !kept.has(code));
    return codes.length === 0 ? [] : [{ order: nameOf(after), codes }];
  });
  if (gone.length === 0 && dropped.length === 0) return;
  const normalised = [...new Set(dropped.flatMap(({ codes }) => codes))];
  const found =
    normalised.length === 0 ? [] : await findOffers(batch.sql, batch.workspaceId, { normalised, profileId: null });
  const idOf = new Map(found.map((one) => [one.normalised, one.offer.couponId]));
  const droppedOf = new Map(
    dropped.map(({ order, codes }) => [keyOf(order), new Set(codes.map((code) => idOf.get(code)))]),
  );
  const goneKeys = new Set(gone.map(({ after }) => keyOf(nameOf(after))));
  const orders = [...gone.map(({ after }) => nameOf(after)), ...dropped.map(({ order }) => order)];
  await voidLocked(batch, orders, (row) => {
    const key = keyOf({ orderSource: row.order_source, orderRef: row.order_ref });
    return goneKeys.has(key) || droppedOf.get(key)?.has(row.code_id) === true;
  });
}

function keyOf({ orderSource, orderRef }: OrderName): string {
  return JSON.stringify([orderSource, orderRef]);
}

async function record(
  batch: CouponBatch,
  orders: readonly OrderState[],
  holds: ReadonlyMap<string, HoldRow>,
): Promise<void> {
  if (orders.length === 0) return;
  const codes = await findCodes(batch, orders);
  const facts = orders.flatMap((order) => factsOf(order, codes));
  if (facts.length === 0) return;
  const carts = orders.flatMap((order) => {
    const hold = cartsOf(order)
      .map((ref) => holds.get(ref))
      .find((one) => one?.state === 'held');
    return hold === undefined ? [] : [{ order: nameOf(order), hold }];
  });
  await recordFacts(batch, facts, carts);
}

/** Every code the orders name that is one of ours, as it is to nobody in particular, and whose they are. */
async function findCodes(batch: CouponBatch, orders: readonly OrderState[]) {
  const { sql, workspaceId } = batch;
  const normalised = [...new Set(orders.flatMap((order) => order.couponCodes.map(normaliseCode)))];
  const found = await findOffers(sql, workspaceId, { normalised, profileId: null });
  const profileIds = [...new Set(orders.flatMap(({ profileId }) => (profileId === null ? [] : [profileId])))];
  const codeIds = found.map((one) => one.offer.couponId);
  const recipients = await findRecipients(sql, workspaceId, { codeIds, profileIds });
  return { codeOf: new Map(found.map((one) => [one.normalised, one])), recipients };
}

type Codes = Awaited<ReturnType<typeof findCodes>>;

/** What each code of an order took off. Pure. */
function factsOf(order: OrderState, { codeOf, recipients }: Codes): CouponFact[] {
  const codes = [...new Set(order.couponCodes.map(normaliseCode))];
  const parts = couponParts(order, codes);
  return codes.flatMap((normalised, place): CouponFact[] => {
    const code = codeOf.get(normalised);
    if (code === undefined) return [];
    return [
      {
        ...nameOf(order),
        code: asTo(code, recipients.has(`${code.offer.couponId} ${order.profileId}`)),
        ...{ profileId: order.profileId, node: order.node, channel: order.channel, currency: order.currency },
        ...{ store: null, amountMinor: parts[place] ?? 0, atMs: order.placedAtMs, isOffline: false },
      },
    ];
  });
}
