import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { type Reserved, reserveAll, stockTx } from '../inventory/index.ts';
import { beginTrying, undoTrying } from './order-claim-store.ts';
import type { PlaceDeps, PlaceOrder } from './place-wish.ts';
import type { CouponsHeld, PlacedOrder } from './ports.ts';
import { type PricedLine, type PricedOrder, priceOrder } from './price-order.ts';
import { ownerRefOf } from './stock-effects.ts';

/** An order that is to be placed, with what its lines cost. */
export interface Draft {
  readonly wish: PlaceOrder;
  readonly orderId: string;
  readonly lines: readonly PricedLine[];
}

/** A draft that has its stock, coupons and points. */
export interface Settled {
  readonly draft: Draft;
  readonly priced: PricedOrder;
  readonly pointsMinor: number;
  /** No coupon of it is still to be redeemed. */
  readonly isRedeemed: boolean;
}

/** Beyond these the group is given up, and each is tried alone. */
const ROUNDS_MAX = 5;

type Refusals = Map<PlaceOrder, AppError>;

/** One attempt at all drafts, each after those before it. */
interface Attempt {
  readonly settled: readonly Settled[];
  /** Refused before anything was taken for them: with the others as they are, for good. */
  readonly short: Refusals;
  readonly byCoupons: Refusals;
  readonly byTotal: Refusals;
  readonly byPoints: Refusals;
  /** After points were taken for them. */
  readonly byTotalLate: Refusals;
}

/**
 * Sets stock apart, holds coupons and takes points for each draft, all of it or nothing, as if one came after the other. Those
 * for whom something was taken before they were refused are left out and the others done again: nobody goes without for the sake
 * of one who gets nothing. `isAlone`: its caller takes everything back when it is refused.
 */
export async function settleDrafts(
  ctx: TxCtx,
  deps: PlaceDeps,
  { drafts, isAlone }: { drafts: readonly Draft[]; isAlone: boolean },
): Promise<{ settled: readonly Settled[]; refused: Refusals }> {
  const refused: Refusals = new Map();
  const canUndo = !isAlone && drafts.some(mayTakeForNothing);
  if (canUndo) await beginTrying(ctx.sql);
  let open = drafts;
  for (let round = 1; open.length > 0; round++) {
    const attempt = await attemptAll(ctx, deps, open);
    const gone = refusedForGood(attempt);
    if (gone.size === 0) {
      for (const [wish, error] of attempt.short) refused.set(wish, error);
      return { settled: attempt.settled, refused };
    }
    if (!canUndo || round === ROUNDS_MAX) throw [...gone.values()][0]!;
    await undoTrying(ctx.sql);
    for (const [wish, error] of gone) refused.set(wish, error);
    open = open.filter(({ wish }) => !gone.has(wish));
  }
  return { settled: [], refused };
}

function mayTakeForNothing({ wish: { couponCodes, points, expectedTotalMinor } }: Draft): boolean {
  return couponCodes.length > 0 || points > 0 || expectedTotalMinor !== undefined;
}

/**
 * Those who would be refused whatever becomes of the others: for each reason, if nobody was refused later who may have had what
 * they were denied. Pure.
 */
export function refusedForGood({
  byCoupons,
  byTotal,
  byPoints,
  byTotalLate,
}: Omit<Attempt, 'settled' | 'short'>): Refusals {
  if (byTotalLate.size > 0) return new Map([...byTotal, ...byTotalLate]);
  const later = new Map([...byTotal, ...byPoints]);
  return later.size > 0 ? later : byCoupons;
}

async function attemptAll(ctx: TxCtx, deps: PlaceDeps, drafts: readonly Draft[]): Promise<Attempt> {
  const { had, short } = await setStockApart(ctx, drafts);
  const { held, refused: byCoupons } = await holdCoupons(ctx, deps, had);
  const { right, refused: byTotal } = checkTotals(held);
  const burned = await burnPoints(ctx, deps, right);
  const settled = burned.paid.filter(({ draft, priced, pointsMinor }) =>
    hasTotal(draft, priced.totalMinor - pointsMinor),
  );
  const byTotalLate = new Map(
    burned.paid
      .filter((one) => !settled.includes(one))
      .map(({ draft, priced, pointsMinor }) => [draft.wish, otherTotal(priced.totalMinor - pointsMinor)]),
  );
  return { settled, short, byCoupons, byTotal, byPoints: burned.refused, byTotalLate };
}

async function setStockApart(ctx: TxCtx, drafts: readonly Draft[]): Promise<{ had: Draft[]; short: Refusals }> {
  const outcomes = await reserveAll(
    stockTx(ctx),
    drafts.map(({ wish, orderId }) => ({
      ...{ ownerRef: ownerRefOf(orderId), kind: wish.isPreorder ? 'preorder' : 'order', channel: wish.channel },
      ...{ strategy: wish.strategy, near: wish.near },
      lines: wish.lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
      locationIds: wish.isHandedOver && wish.locationId !== undefined ? [wish.locationId] : undefined,
      takesOver: wish.holdRef === undefined ? undefined : [wish.holdRef],
    })),
  );
  const short: Refusals = new Map();
  drafts.forEach(({ wish }, at) => {
    const outcome = outcomes[at]!;
    if (outcome.kind !== 'reserved') short.set(wish, notEnough(wish, outcome));
  });
  return { had: drafts.filter(({ wish }) => !short.has(wish)), short };
}

function notEnough({ lines }: PlaceOrder, outcome: Exclude<Reserved, { kind: 'reserved' }>): AppError {
  const missing = outcome.kind === 'short' ? outcome.lines : [];
  return new AppError('conflict', 'There is not enough in stock', {
    details: missing.map(({ variantId, wanted, available }) => ({
      field: `lines[${lines.findIndex((line) => line.variantId === variantId)}].quantity`,
      message: `asks for ${wanted}; there are ${available}`,
    })),
  });
}

interface Held {
  readonly draft: Draft;
  readonly priced: PricedOrder;
  readonly isRedeemed: boolean;
}

async function holdCoupons(
  ctx: TxCtx,
  { coupons }: PlaceDeps,
  drafts: readonly Draft[],
): Promise<{ held: Held[]; refused: Refusals }> {
  const asking = drafts.filter(({ wish }) => wish.couponCodes.length > 0);
  const wishes = asking.map((draft) => ({
    ...{ order: placedOrder(draft), codes: draft.wish.couponCodes, cartRef: draft.wish.holdRef ?? null },
    isPaid: draft.wish.payment === 'paid',
  }));
  const answers = asking.length === 0 ? [] : await coupons.hold(ctx, wishes);
  const answerOf = new Map(asking.map((draft, at) => [draft, answers[at]!]));
  const refused: Refusals = new Map();
  const held = drafts.flatMap((draft): Held[] => {
    const answer = answerOf.get(draft);
    if (answer?.kind === 'refused') refused.set(draft.wish, couponRefused(draft.wish, answer));
    else
      return [{ draft, priced: pricedOrder(draft, answer?.discounts ?? []), isRedeemed: answer?.isRedeemed ?? true }];
    return [];
  });
  return { held, refused };
}

function pricedOrder({ wish, lines }: Draft, discounts: Extract<CouponsHeld, { kind: 'held' }>['discounts']) {
  return priceOrder({ lines, discounts, shippingMinor: wish.shippingMinor, taxMinor: wish.taxMinor });
}

function couponRefused({ couponCodes }: PlaceOrder, answer: Extract<CouponsHeld, { kind: 'refused' }>): AppError {
  const { code, message } = answer;
  return new AppError('conflict', message, {
    details: [{ field: `couponCodes[${couponCodes.indexOf(code)}]`, message }],
  });
}

function placedOrder({ wish, orderId, lines }: Draft): PlacedOrder {
  const { source, reference: sourceOrderId, channel, currency, shippingMinor, owner } = wish;
  return {
    ...{ orderId, source, sourceOrderId, channel, currency, lines, shippingMinor, owner },
    profileId: owner?.profileId ?? null,
  };
}

/** Of those who pay with points it shows once these are taken. */
function checkTotals(held: readonly Held[]): { right: Held[]; refused: Refusals } {
  const isRight = ({ draft, priced }: Held) => draft.wish.points > 0 || hasTotal(draft, priced.totalMinor);
  const wrong = held.filter((one) => !isRight(one));
  return {
    right: held.filter(isRight),
    refused: new Map(wrong.map(({ draft, priced }) => [draft.wish, otherTotal(priced.totalMinor)])),
  };
}

function hasTotal({ wish: { expectedTotalMinor } }: Draft, totalMinor: number): boolean {
  return expectedTotalMinor === undefined || expectedTotalMinor === totalMinor;
}

function otherTotal(totalMinor: number): AppError {
  return new AppError('conflict', 'The order costs something else now', {
    details: [
      { field: 'expectedTotalMinor', message: `is ${totalMinor} now; show it to the customer and place it again` },
    ],
  });
}

async function burnPoints(
  ctx: TxCtx,
  { points }: PlaceDeps,
  held: readonly Held[],
): Promise<{ paid: Settled[]; refused: Refusals }> {
  const asking = held.filter(({ draft }) => draft.wish.points > 0);
  const wishes = asking.map(({ draft, priced }) => ({
    ...{ order: placedOrder(draft), points: draft.wish.points, atMostMinor: priced.totalMinor },
  }));
  const answers = asking.length === 0 ? [] : await points.burn(ctx, wishes);
  const answerOf = new Map(asking.map((one, at) => [one, answers[at]!]));
  const refused: Refusals = new Map();
  const paid = held.flatMap((one): Settled[] => {
    const answer = answerOf.get(one);
    if (answer?.kind !== 'refused') return [{ ...one, pointsMinor: answer?.amountMinor ?? 0 }];
    const { message } = answer;
    refused.set(one.draft.wish, new AppError('conflict', message, { details: [{ field: 'points', message }] }));
    return [];
  });
  return { paid, refused };
}
