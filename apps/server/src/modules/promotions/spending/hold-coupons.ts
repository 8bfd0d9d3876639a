import { blindHash, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { CouponBatch } from '../coupon-batch.ts';
import { findOffers, type FoundCode } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import type { Refused } from '../terms/cart.ts';
import { refusalMessage } from '../terms/refusal-message.ts';
import { buildCart, type CartWish } from './build-cart.ts';
import type { Buyer } from './buyer.ts';
import { type Decided, decideUses } from './decide-uses.ts';
import { claimHold, endHolds, forgetHold, type HoldRow, lockHolds, saveHold } from './hold-store.ts';
import type { Ledger, Use } from './ledger.ts';
import { openLedger, saveLedger } from './open-ledger.ts';
import { type Quote, quoteOf } from './quote.ts';

export interface HoldWish extends CartWish {
  /** What holds: one hold each. */
  readonly ownerRef: string;
  /** As they were typed. */
  readonly codes: readonly string[];
  readonly buyer: Buyer;
  /** null: it lasts until its order is paid or cancelled. */
  readonly expiresAtMs: number | null;
  /** What others hold goes over to this owner. */
  readonly takesOver?: readonly string[];
  /** Every code, or none. */
  readonly isWhole?: boolean;
  /** A repeat after it was redeemed is still a repeat, whatever it asks. */
  readonly isOnce?: boolean;
  readonly place: { language: string; timeZone: string };
}

export type Held =
  | { readonly kind: 'repeat'; readonly hold: HoldRow }
  | { readonly kind: 'refused'; readonly refused: readonly Refused[] }
  | {
      readonly kind: 'held';
      readonly quote: Quote;
      readonly decided: Decided;
      /** Codes it holds now and not before, and the other way round. */
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly expiresAtMs: number | null;
      readonly unknown: number;
    };

/**
 * Holds coupons for an owner in place of what it held: the counts of codes, campaign, budget and customer take them at once or
 * not at all. Of an owner that asks for the same again nothing changes.
 */
export async function holdCoupons(batch: CouponBatch, wish: HoldWish): Promise<Held> {
  const { sql, workspaceId, now } = batch;
  const at = new Date(now);
  const { ownerRef, takesOver = [] } = wish;
  const isNew = await claimHold(sql, workspaceId, { ownerRef, at });
  const holds = await lockHolds(sql, workspaceId, [...new Set([ownerRef, ...takesOver])]);
  const own = holds.find((hold) => hold.owner_ref === ownerRef);
  if (own === undefined) throw new Error('a hold went while it was locked');
  const fingerprint = fingerprintOf(wish, await batch.keysOf(workspaceId));
  if (isRepeat(own, { wish, fingerprint, now })) return { kind: 'repeat', hold: own };
  const before = holds.filter((hold) => hold.state === 'held');
  const { decided, ledger, found, unknown } = await decide(batch, wish, before);
  if (wish.isWhole === true && (decided.refused.length > 0 || unknown.length > 0)) {
    if (isNew) await forgetHold(sql, workspaceId, ownerRef);
    return { kind: 'refused', refused: [...unknown, ...decided.refused] };
  }
  for (const use of decided.uses) ledger.take(use, 'held');
  await saveLedger(sql, workspaceId, ledger);
  const expiresAtMs = decided.uses.length === 0 ? null : wish.expiresAtMs;
  const quote = quoteOf({ decided, unknown, currency: wish.cart.currency, place: wish.place });
  const others = before.filter((hold) => hold !== own).map((hold) => hold.owner_ref);
  await endHolds(sql, workspaceId, { ownerRefs: others, state: 'released', at });
  if (decided.uses.length === 0) await forgetHold(sql, workspaceId, ownerRef);
  else
    await saveHold(sql, workspaceId, {
      ...rowOf(wish, { decided, found, quote }),
      fingerprint,
      at,
      hadCodes: own.codes.length > 0,
    });
  const had = new Set(before.flatMap((hold) => hold.codes.map((code) => code.codeId)));
  const has = new Set(decided.uses.map((use) => use.codeId));
  const added = [...has].filter((id) => !had.has(id));
  const removed = [...had].filter((id) => !has.has(id));
  return { kind: 'held', quote, decided, added, removed, expiresAtMs, unknown: unknown.length };
}

function isRepeat(own: HoldRow, asked: { wish: HoldWish; fingerprint: Buffer; now: number }): boolean {
  if (own.state === 'committed') return asked.wish.isOnce === true;
  if (own.state !== 'held' || !own.fingerprint.equals(asked.fingerprint)) return false;
  return own.expires_at === null || own.expires_at.getTime() > asked.now;
}

/** What is asked for, in few bytes; the order of codes does not matter. */
function fingerprintOf({ codes, cart, channel, store, buyer }: HoldWish, keys: WorkspaceKeys): Buffer {
  const normalised = [...new Set(codes.map(normaliseCode))].sort();
  const asked = [normalised, cart, channel, store ?? null, buyer.profileId ?? buyer.email ?? null];
  return blindHash(keys.blind, JSON.stringify(asked));
}

interface Decision {
  readonly decided: Decided;
  readonly ledger: Ledger;
  readonly found: readonly FoundCode[];
  readonly unknown: readonly Refused[];
}

/** On locked counts, from which what the owner held is given back already. */
async function decide(batch: CouponBatch, wish: HoldWish, before: readonly HoldRow[]): Promise<Decision> {
  const { sql, workspaceId, now } = batch;
  const { profileId } = wish.buyer;
  const { found, unknown } = await findTyped(batch, wish.codes, profileId);
  const offers = found.map((one) => one.offer);
  const cart = await buildCart(batch, wish, { buyer: wish.buyer, offers, atMs: now });
  const held = before.flatMap(usesOf);
  const places = offers.map((offer) => ({ codeId: offer.couponId, campaignId: offer.campaignId, profileId }));
  const ledger = await openLedger(sql, workspaceId, [...held, ...places]);
  for (const use of held) ledger.giveBack(use, 'held');
  const decided = decideUses({ cart, profileId, nowMs: now }, offers, ledger);
  return { decided, ledger, found, unknown };
}

/** Codes as they were typed; what there is none of is refused. */
export async function findTyped(
  { sql, workspaceId }: Pick<CouponBatch, 'workspaceId'> & { sql: Parameters<typeof findOffers>[0] },
  codes: readonly string[],
  profileId: string | null,
): Promise<{ found: FoundCode[]; unknown: Refused[] }> {
  const typed = new Map(codes.map((code) => [normaliseCode(code), code]));
  const found = await findOffers(sql, workspaceId, { normalised: [...typed.keys()], profileId });
  for (const { normalised } of found) typed.delete(normalised);
  const unknown = [...typed.values()].map((code) => ({
    code,
    reason: 'unknown' as const,
    message: refusalMessage('unknown'),
  }));
  return { found, unknown };
}

/** What a hold took. Pure. */
export function usesOf({ codes, profile_id: profileId, currency }: HoldRow): Use[] {
  return codes.map(({ codeId, campaignId, amountMinor }) => ({ codeId, campaignId, profileId, amountMinor, currency }));
}

function rowOf(
  wish: HoldWish,
  { decided, found, quote }: { decided: Decided; found: readonly FoundCode[]; quote: Quote },
) {
  const versions = new Map(found.map((one) => [one.offer.couponId, one.version]));
  return {
    owner_ref: wish.ownerRef,
    answer: { ...quote },
    currency: wish.cart.currency,
    channel: wish.channel,
    store: wish.store ?? null,
    profile_id: wish.buyer.profileId,
    node: wish.buyer.node,
    expires_at: wish.expiresAtMs === null ? null : new Date(wish.expiresAtMs),
    codes: decided.uses.map(({ codeId, campaignId, amountMinor }) => ({
      ...{ codeId, campaignId, amountMinor },
      version: versions.get(codeId) ?? 1,
    })),
  };
}
