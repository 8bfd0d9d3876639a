import { newUuid } from '../../../platform/ids/index.ts';
import type { CouponBatch } from '../coupon-batch.ts';
import type { FoundCode } from '../codes/code-store.ts';
import { type CouponExceptionKind, insertExceptions } from '../exceptions/exception-store.ts';
import { noteCoupons } from '../profiles/note-coupons.ts';
import { exceptionOf } from './commit-hold.ts';
import { commitHolds, type HoldRow } from './hold-store.ts';
import { usesOf } from './hold-coupons.ts';
import { judgeFact, type ToldRedemption } from './judge-fact.ts';
import { openLedger, saveLedger } from './open-ledger.ts';
import { insertRedemptions, listRedemptionsOf, type OrderName, type RedemptionRow } from './redemption-store.ts';

/** A redemption that has happened: in a shop, or at a till without a connection. */
export interface CouponFact extends ToldRedemption, OrderName {
  /** As it is to this customer. */
  readonly code: FoundCode;
  readonly profileId: string | null;
  readonly node: number | null;
}

export interface FactOutcome {
  readonly redemptionId: string;
  readonly exception: CouponExceptionKind | null;
}

/**
 * Records redemptions that have happened, in the order they did. What is beyond terms or limits becomes an exception that counts
 * for none: nothing is lost, and nothing is oversold by it. One that is known of its order and code is not counted again. The
 * orders are locked already; `carts`: locked holds that these orders are the end of.
 */
export async function recordFacts(
  batch: CouponBatch,
  facts: readonly CouponFact[],
  carts: readonly { order: OrderName; hold: HoldRow }[] = [],
): Promise<FactOutcome[]> {
  const { sql, workspaceId } = batch;
  const known = await listRedemptionsOf(sql, workspaceId, { orders: facts, lock: false });
  const held = carts.flatMap(({ hold }) => usesOf(hold));
  const ledger = await openLedger(sql, workspaceId, [...held, ...facts.map(useOf)]);
  for (const use of held) ledger.giveBack(use, 'held');
  const rows = new Map(known.map((row) => [keyOf(row.code_id, nameOf(row)), row]));
  const made = new Map<RedemptionRow, CouponExceptionKind | null>();
  const inOrder = [...facts].sort((a, b) => a.atMs - b.atMs);
  for (const fact of inOrder) {
    const key = keyOf(fact.code.offer.couponId, fact);
    if (rows.has(key)) continue;
    const exception = judgeFact(fact.code.offer, fact) ?? ledger.take(useOf(fact), 'redeemed') ?? null;
    const row = rowOf(batch, fact, exception);
    rows.set(key, row);
    made.set(row, exception);
  }
  await saveLedger(sql, workspaceId, ledger);
  await insertRedemptions(sql, workspaceId, [...made.keys()]);
  const at = new Date(batch.now);
  const beyond = [...made].flatMap(([row, kind]) => (kind === null ? [] : [exceptionOf(row, kind, at)]));
  await insertExceptions(sql, workspaceId, beyond);
  await commitHolds(sql, workspaceId, {
    holds: carts.map(({ order: { orderSource, orderRef }, hold }) => ({
      ownerRef: hold.owner_ref,
      orderSource,
      orderRef,
    })),
    at,
  });
  await noteCoupons(
    batch,
    [...made.keys()].map((row) => row.profile_id),
  );
  return facts.map((fact) => {
    const row = rows.get(keyOf(fact.code.offer.couponId, fact))!;
    const kind = made.get(row);
    return {
      redemptionId: row.id,
      exception: kind === undefined ? (row.state === 'exception' ? 'used_up' : null) : kind,
    };
  });
}

function useOf(fact: CouponFact) {
  const { couponId: codeId, campaignId } = fact.code.offer;
  return { codeId, campaignId, profileId: fact.profileId, amountMinor: fact.amountMinor, currency: fact.currency };
}

function nameOf(row: RedemptionRow): OrderName {
  return { orderSource: row.order_source, orderRef: row.order_ref };
}

function keyOf(codeId: string, { orderSource, orderRef }: OrderName): string {
  return JSON.stringify([codeId, orderSource, orderRef]);
}

function rowOf({ now }: CouponBatch, fact: CouponFact, exception: CouponExceptionKind | null): RedemptionRow {
  return {
    id: newUuid(now),
    code_id: fact.code.offer.couponId,
    campaign_id: fact.code.offer.campaignId,
    version: fact.code.version,
    order_source: fact.orderSource,
    order_ref: fact.orderRef,
    channel: fact.channel,
    store: fact.store,
    profile_id: fact.profileId,
    node: fact.node,
    amount_minor: fact.amountMinor,
    currency: fact.currency,
    state: exception === null ? 'redeemed' : 'exception',
    redeemed_at: new Date(fact.atMs),
    voided_at: null,
  };
}
