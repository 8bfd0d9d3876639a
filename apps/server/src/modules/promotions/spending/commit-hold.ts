import type { CouponRefusal } from '@segue/contract';
import { newUuid } from '../../../platform/ids/index.ts';
import type { CouponBatch } from '../coupon-batch.ts';
import { findOffersOf, type FoundCode } from '../codes/code-store.ts';
import { insertExceptions } from '../exceptions/exception-store.ts';
import { noteCoupons } from '../profiles/note-coupons.ts';
import type { Refused } from '../terms/cart.ts';
import { refusalMessage } from '../terms/refusal-message.ts';
import { commitHolds, type HoldRow, lockHolds } from './hold-store.ts';
import { usesOf } from './hold-coupons.ts';
import type { Ledger, Use } from './ledger.ts';
import { openLedger, saveLedger } from './open-ledger.ts';
import { redemptionOf } from './redemption-of.ts';
import {
  insertRedemptions,
  listRedemptionsOf,
  lockOrders,
  type OrderName,
  type RedemptionRow,
} from './redemption-store.ts';

export type Committed =
  | {
      readonly kind: 'committed';
      readonly redemptions: readonly RedemptionRow[];
      readonly refused: readonly Refused[];
      readonly isRepeat: boolean;
    }
  /** It holds nothing, and nothing was redeemed for this order. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'other_order' };

interface CommitWish extends OrderName {
  readonly ownerRef: string;
  /** What was given in the end by normalised code, where it is not what was held. */
  readonly amounts?: ReadonlyMap<string, number>;
}

/**
 * Redeems what an owner holds for an order, once. A hold that has expired is taken again as far as it still can be. What was
 * given in the end beyond the budget is kept as an exception: it has happened.
 */
export async function commitHold(batch: CouponBatch, wish: CommitWish): Promise<Committed> {
  const [committed] = await commitAll(batch, [wish]);
  if (committed === undefined) throw new Error('a hold was redeemed and not answered');
  return committed;
}

/** As `commitHold`, for many owners and orders at once, no two of one. */
export async function commitAll(batch: CouponBatch, wishes: readonly CommitWish[]): Promise<Committed[]> {
  if (wishes.length === 0) return [];
  const { sql, workspaceId, now } = batch;
  await lockOrders(sql, workspaceId, wishes);
  const holds = new Map(
    (
      await lockHolds(
        sql,
        workspaceId,
        wishes.map((wish) => wish.ownerRef),
      )
    ).map((hold) => [hold.owner_ref, hold]),
  );
  const rows = await listRedemptionsOf(sql, workspaceId, { orders: wishes, lock: false });
  const asked = wishes.map((wish) => ({ wish, hold: holds.get(wish.ownerRef), known: rows.filter(isOf(wish)) }));
  const open = asked.flatMap(({ hold, ...one }) =>
    hold === undefined || hold.state === 'committed' || hold.codes.length === 0 ? [] : [{ ...one, hold }],
  );
  const redeemers = open.length === 0 ? [] : await redeemAll(batch, open);
  await commitHolds(sql, workspaceId, {
    holds: open.map(({ wish: { ownerRef, orderSource, orderRef } }) => ({ ownerRef, orderSource, orderRef })),
    at: new Date(now),
  });
  const redeemerOf = new Map(open.map(({ wish }, at) => [wish, redeemers[at]!]));
  return asked.map(({ wish, hold, known }) => committedOf({ wish, hold, known, redeemer: redeemerOf.get(wish) }));
}

function isOf({ orderSource, orderRef }: OrderName): (row: RedemptionRow) => boolean {
  return (row) => row.order_source === orderSource && row.order_ref === orderRef;
}

async function redeemAll(
  batch: CouponBatch,
  open: readonly { wish: CommitWish; hold: HoldRow; known: readonly RedemptionRow[] }[],
): Promise<Redeemer[]> {
  const { sql, workspaceId } = batch;
  const uses = open.flatMap(({ hold }) => usesOf(hold));
  const codeIds = [...new Set(uses.map((use) => use.codeId))];
  const found = await findOffersOf(sql, workspaceId, { codeIds, profileId: null });
  const ledger = await openLedger(sql, workspaceId, uses);
  const redeemers = open.map((one) => new Redeemer({ batch, ...one, found, ledger }));
  for (const redeemer of redeemers) redeemer.redeemAll();
  await saveLedger(sql, workspaceId, ledger);
  await insertRedemptions(
    sql,
    workspaceId,
    redeemers.flatMap((one) => one.redemptions),
  );
  await insertExceptions(
    sql,
    workspaceId,
    redeemers.flatMap((one) => one.exceptions),
  );
  await noteCoupons(
    batch,
    open.map(({ hold }) => hold.profile_id),
  );
  return redeemers;
}

function committedOf(of: {
  wish: CommitWish;
  hold: HoldRow | undefined;
  known: readonly RedemptionRow[];
  redeemer: Redeemer | undefined;
}): Committed {
  const { wish, hold, known, redeemer } = of;
  if (redeemer !== undefined) {
    const { redemptions, refused } = redeemer;
    return { kind: 'committed', redemptions: [...known, ...redemptions], refused, isRepeat: false };
  }
  if (hold?.state !== 'committed') return known.length > 0 ? repeat(known) : { kind: 'nothing' };
  const isSame = hold.order_source === wish.orderSource && hold.order_ref === wish.orderRef;
  return isSame ? repeat(known) : { kind: 'other_order' };
}

function repeat(redemptions: readonly RedemptionRow[]): Committed {
  return { kind: 'committed', redemptions, refused: [], isRepeat: true };
}

interface Redeeming {
  readonly batch: CouponBatch;
  readonly wish: CommitWish;
  readonly hold: HoldRow;
  readonly found: readonly FoundCode[];
  readonly ledger: Ledger;
  /** Of the same order, before. */
  readonly known: readonly RedemptionRow[];
}

/** Decides of each use what becomes of it, and gathers what is to be written. */
class Redeemer {
  readonly redemptions: RedemptionRow[] = [];
  readonly exceptions: Parameters<typeof insertExceptions>[2][number][] = [];
  readonly refused: Refused[] = [];
  readonly #of: Redeeming;

  constructor(redeeming: Redeeming) {
    this.#of = redeeming;
  }

  redeemAll(): void {
    for (const use of usesOf(this.#of.hold)) this.#redeem(use);
  }

  #redeem(use: Use): void {
    const { hold, found, ledger, known, wish } = this.#of;
    const code = found.find((one) => one.offer.couponId === use.codeId);
    const isHeld = hold.state === 'held';
    if (code === undefined || known.some((row) => row.code_id === use.codeId)) {
      if (isHeld) ledger.giveBack(use, 'held');
      return;
    }
    const amountMinor = wish.amounts?.get(code.normalised) ?? use.amountMinor;
    if (isHeld) {
      const refusal = ledger.redeem(use, amountMinor);
      if (refusal !== undefined) ledger.giveBack(use, 'held');
      this.#add({ ...use, amountMinor }, refusal);
      return;
    }
    const refusal: CouponRefusal | undefined = code.offer.isVoid
      ? 'void'
      : ledger.take({ ...use, amountMinor }, 'redeemed');
    if (refusal === undefined) this.#add({ ...use, amountMinor }, undefined);
    else this.refused.push({ code: code.offer.code, reason: refusal, message: refusalMessage(refusal) });
  }

  #add(use: Use, exception: 'budget' | undefined): void {
    const { batch, wish, hold } = this.#of;
    const at = new Date(batch.now);
    const { orderSource, orderRef } = wish;
    const redeemed = redemptionOf(batch, { ...hold, order_source: orderSource, order_ref: orderRef }, use);
    const row: RedemptionRow = exception === undefined ? redeemed : { ...redeemed, state: 'exception' };
    this.redemptions.push(row);
    if (exception !== undefined) this.exceptions.push(exceptionOf(row, exception, at));
  }
}

/** What people are to look at about a redemption. Pure but for its id. */
export function exceptionOf(
  row: RedemptionRow,
  kind: Parameters<typeof insertExceptions>[2][number]['kind'],
  at: Date,
): Parameters<typeof insertExceptions>[2][number] {
  return {
    id: newUuid(at.getTime()),
    kind,
    campaign_id: row.campaign_id,
    code_id: row.code_id,
    redemption_id: row.id,
    profile_id: row.profile_id,
    node: row.node,
    amount_minor: row.amount_minor,
    currency: row.currency,
    detail: { orderSource: row.order_source, orderRef: row.order_ref, channel: row.channel },
    dedupe_key: null,
    at,
  };
}
