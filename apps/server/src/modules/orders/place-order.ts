import type { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { batchOf, restate, type RowChange } from './order-book.ts';
import { duePromises } from '../inventory/index.ts';
import { joinSnapshot } from './order-facts.ts';
import type { OrderInput } from './order-input.ts';
import type { OrderState } from './order-state.ts';
import { claimOrders, type ClaimedRow, forgetShells } from './order-claim-store.ts';
import type { BookRow } from './order-store.ts';
import type { PlaceDeps, PlaceOrder } from './place-wish.ts';
import { priceLines } from './price-lines.ts';
import type { PricedOrder } from './price-order.ts';
import { sealAddresses, sealWho } from './seal-order.ts';
import { ownerRefOf } from './stock-effects.ts';
import { type Draft, settleDrafts, type Settled } from './settle-drafts.ts';

/** An order that was placed, now or before. */
export interface Placed {
  readonly row: BookRow;
  readonly order: OrderState;
  readonly isRepeat: boolean;
}

/**
 * Places orders: prices, coupons, points and stock in one transaction, of each order all of it or nothing. A repeat of a
 * reference answers the order that was placed; one that is refused takes nothing from the others. No two of one reference or
 * of one hold. So many queries, whatever their number. Answers in their order.
 */
export async function placeOrders(
  ctx: TxCtx,
  deps: PlaceDeps,
  wishes: readonly PlaceOrder[],
): Promise<(Placed | AppError)[]> {
  if (wishes.length === 0) return [];
  const { sql, workspaceId } = ctx;
  const now = ctx.clock.now();
  const claimed = await claim(ctx, wishes, now);
  const fresh = wishes.filter((wish) => claimed.get(wish)!.row.state === undefined);
  const priced = fresh.length === 0 ? [] : await priceLines(ctx, fresh, now);
  const drafts = fresh.flatMap((wish, at): Draft[] => {
    const lines = priced[at]!;
    return Array.isArray(lines) ? [{ wish, lines, orderId: claimed.get(wish)!.row.id }] : [];
  });
  const { settled, refused } = await settleDrafts(ctx, deps, { drafts, isAlone: wishes.length === 1 });
  fresh.forEach((wish, at) => {
    const lines = priced[at]!;
    if (!Array.isArray(lines)) refused.set(wish, lines);
  });
  const placed = await carryOut(ctx, deps, { settled, claimed, now });
  const shells = [...refused.keys()].map((wish) => claimed.get(wish)!).filter(({ isNew }) => isNew);
  await forgetShells(
    sql,
    workspaceId,
    shells.map(({ row }) => row.id),
  );
  return wishes.map((wish) => {
    const { row } = claimed.get(wish)!;
    if (row.state !== undefined) return { row, order: row.state, isRepeat: true };
    return refused.get(wish) ?? placed.get(wish)!;
  });
}

async function claim(
  { sql, workspaceId }: TxCtx,
  wishes: readonly PlaceOrder[],
  now: number,
): Promise<Map<PlaceOrder, ClaimedRow>> {
  const rows = await claimOrders(sql, workspaceId, { refs: wishes.map(refOf), at: new Date(now) });
  const ofRef = new Map(rows.map((one) => [`${one.row.source}\0${one.row.sourceOrderId}`, one]));
  return new Map(wishes.map((wish) => [wish, ofRef.get(`${wish.source}\0${wish.reference}`)!]));
}

function refOf({ source, reference }: PlaceOrder): OrderInput['ref'] {
  return { source, id: reference };
}

async function carryOut(
  ctx: TxCtx,
  deps: PlaceDeps,
  work: { settled: readonly Settled[]; claimed: ReadonlyMap<PlaceOrder, ClaimedRow>; now: number },
): Promise<Map<PlaceOrder, Placed>> {
  const { settled, claimed, now } = work;
  if (settled.length === 0) return new Map();
  const keys = await ctx.keysOf(ctx.workspaceId);
  const promised = await promisesOf(ctx, settled);
  const changes = settled.map(({ draft: { wish, orderId }, priced, pointsMinor }): RowChange => {
    const before = claimed.get(wish)!.row;
    const input = inputOf(wish, { now, priced, pointsMinor, promisedAtMs: promised.get(ownerRefOf(orderId)) });
    const after = {
      ...before,
      ...wish.owner,
      facts: joinSnapshot(before.facts, input),
      version: 1,
      who: sealWho(keys, wish.who) ?? null,
      addresses: sealAddresses(keys, wish) ?? null,
    };
    return restate({ before, after });
  });
  await deps.book.carryOut(batchOf(ctx), changes, { hasStock: true });
  const placed = new Map(
    settled.map(({ draft: { wish } }, at): [PlaceOrder, Placed] => {
      const row = changes[at]!.after;
      return [wish, { row, order: row.state!, isRepeat: false }];
    }),
  );
  const unredeemed = settled.filter(({ draft: { wish }, isRedeemed }) => wish.payment === 'paid' && !isRedeemed);
  if (unredeemed.length > 0)
    await deps.coupons.commit(
      ctx,
      unredeemed.map(({ draft: { wish } }) => placed.get(wish)!.order),
    );
  return placed;
}

/** When what was pre-ordered comes, by who holds it. */
async function promisesOf(
  { sql, workspaceId }: TxCtx,
  settled: readonly Settled[],
): Promise<ReadonlyMap<string, number | null>> {
  const lines = settled.flatMap(({ draft: { wish, lines } }) => (wish.isPreorder ? lines : []));
  return lines.length === 0
    ? new Map()
    : duePromises(
        sql,
        workspaceId,
        lines.flatMap(({ variantId }) => variantId ?? []),
      );
}

interface Made {
  readonly now: number;
  readonly priced: PricedOrder;
  readonly pointsMinor: number;
  readonly promisedAtMs: number | null | undefined;
}

function inputOf(wish: PlaceOrder, made: Made): OrderInput {
  const { priced, pointsMinor, promisedAtMs } = made;
  const totals = {
    ...priced.totals,
    discountMinor: priced.totals.discountMinor + pointsMinor,
    totalMinor: priced.totalMinor - pointsMinor,
  };
  return {
    ref: refOf(wish),
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
    ...(wish.isPreorder && { isPreorder: true, ...(typeof promisedAtMs === 'number' && { promisedAtMs }) }),
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
