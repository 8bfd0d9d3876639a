import { blindHash, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { CouponBatch } from '../coupon-batch.ts';
import { asTo, findOffers, findRecipients, type FoundCode } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { noteCoupons } from '../profiles/note-coupons.ts';
import type { Refused } from '../terms/cart.ts';
import { refusalMessage } from '../terms/refusal-message.ts';
import { buildCarts, type CartWish } from './build-cart.ts';
import type { Buyer } from './buyer.ts';
import { type Decided, decideUses } from './decide-uses.ts';
import { claimHolds, endHolds, forgetHolds, type HoldRow, lockHolds, type SavedHold, saveHolds } from './hold-store.ts';
import type { Use } from './ledger.ts';
import { openLedger, saveLedger } from './open-ledger.ts';
import { type Quote, quoteOf } from './quote.ts';
import { redemptionOf } from './redemption-of.ts';
import { insertRedemptions, listRedemptionsOf, lockOrders, type OrderName } from './redemption-store.ts';

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
  /** It is paid already: what is held is redeemed for this order at once. */
  readonly redeemsFor?: OrderName | undefined;
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
      readonly isRedeemed: boolean;
    };

/**
 * Holds coupons for an owner in place of what it held: the counts of codes, campaign, budget and customer take them at once or
 * not at all. Of an owner that asks for the same again nothing changes.
 */
export async function holdCoupons(batch: CouponBatch, wish: HoldWish): Promise<Held> {
  const [held] = await holdAll(batch, [wish]);
  if (held === undefined) throw new Error('a hold was asked for and not answered');
  return held;
}

/**
 * As `holdCoupons`, for many at once: each in turn finds the counts as those before it left them, and one that is refused leaves
 * nothing. No two of one owner, and none takes over what is another's here.
 */
export async function holdAll(batch: CouponBatch, wishes: readonly HoldWish[]): Promise<Held[]> {
  if (wishes.length === 0) return [];
  const { sql, workspaceId, now } = batch;
  const ownerRefs = wishes.map((wish) => wish.ownerRef);
  const claimed = await claimHolds(sql, workspaceId, { ownerRefs, at: new Date(now) });
  const others = new Set(wishes.flatMap(({ takesOver = [] }) => takesOver));
  const taken = await lockHolds(
    sql,
    workspaceId,
    [...others].filter((ref) => !ownerRefs.includes(ref)),
  );
  const keys = await batch.keysOf(workspaceId);
  const ofRef = new Map([...taken, ...claimed].map((hold) => [hold.owner_ref, hold]));
  const asked = wishes.map((wish): Asked => {
    const own = claimed.find((hold) => hold.owner_ref === wish.ownerRef);
    if (own === undefined) throw new Error('a hold went while it was locked');
    const rows = [...new Set([wish.ownerRef, ...(wish.takesOver ?? [])])].flatMap((ref) => ofRef.get(ref) ?? []);
    return { wish, own, before: rows.filter((hold) => hold.state === 'held'), fingerprint: fingerprintOf(wish, keys) };
  });
  const fresh = asked.filter((one) => !isRepeat(one.own, { ...one, now }));
  const decisions = fresh.length === 0 ? [] : await decideAll(batch, await unredeemed(batch, fresh));
  const decisionOf = new Map(fresh.map((one, at) => [one, decisions[at]!]));
  return asked.map((one): Held => {
    const decision = decisionOf.get(one);
    return decision === undefined ? { kind: 'repeat', hold: one.own } : heldOf(one, decision);
  });
}

/** Where something was redeemed for the order before, only what is held counts, and is joined to it when it is redeemed. */
async function unredeemed({ sql, workspaceId }: CouponBatch, asked: readonly Asked[]): Promise<readonly Asked[]> {
  const orders = asked.flatMap(({ wish }) => wish.redeemsFor ?? []);
  if (orders.length === 0) return asked;
  await lockOrders(sql, workspaceId, orders);
  const known = await listRedemptionsOf(sql, workspaceId, { orders, lock: false });
  const isKnown = ({ orderSource, orderRef }: OrderName) =>
    known.some((row) => row.order_source === orderSource && row.order_ref === orderRef);
  return asked.map((one) => {
    const { redeemsFor } = one.wish;
    return redeemsFor === undefined || !isKnown(redeemsFor)
      ? one
      : { ...one, wish: { ...one.wish, redeemsFor: undefined } };
  });
}

/** A wish, and what its owner and those it takes over held so far. */
interface Asked {
  readonly wish: HoldWish;
  readonly own: HoldRow & { readonly isNew: boolean };
  readonly before: readonly HoldRow[];
  readonly fingerprint: Buffer;
}

interface Decision {
  readonly decided: Decided;
  readonly found: readonly FoundCode[];
  readonly unknown: readonly Refused[];
  readonly isRefused: boolean;
  readonly quote: Quote;
  readonly isRedeemed: boolean;
}

/** On locked counts, from which what an owner held is given back before it is decided what it holds. */
async function decideAll(batch: CouponBatch, asked: readonly Asked[]): Promise<Decision[]> {
  const { sql, workspaceId, now } = batch;
  const typed = await findTypedOfAll(
    batch,
    asked.map(({ wish }) => ({ codes: wish.codes, profileId: wish.buyer.profileId })),
  );
  const offersOf = (at: number) => typed[at]!.found.map((one) => one.offer);
  const carts = await buildCarts(
    batch,
    asked.map(({ wish }, at) => ({ wish, buyer: wish.buyer, offers: offersOf(at) })),
    now,
  );
  const places = asked.flatMap(({ wish: { buyer }, before }, at) => [
    ...before.flatMap(usesOf),
    ...offersOf(at).map(({ couponId: codeId, campaignId }) => ({ codeId, campaignId, profileId: buyer.profileId })),
  ]);
  const ledger = await openLedger(sql, workspaceId, places);
  const decisions = asked.map(({ wish, before }, at): Decision => {
    const { found, unknown } = typed[at]!;
    const mark = before.length === 0 ? undefined : ledger.mark();
    for (const use of before.flatMap(usesOf)) ledger.giveBack(use, 'held');
    const { profileId } = wish.buyer;
    const decided = decideUses({ cart: carts[at]!, profileId, nowMs: now }, offersOf(at), ledger);
    const isRefused = wish.isWhole === true && (decided.refused.length > 0 || unknown.length > 0);
    const kind = wish.redeemsFor === undefined ? 'held' : 'redeemed';
    if (!isRefused) for (const use of decided.uses) ledger.take(use, kind);
    else if (mark !== undefined) ledger.undoTo(mark);
    const quote = quoteOf({ decided, unknown, currency: wish.cart.currency, place: wish.place });
    return { decided, found, unknown, isRefused, quote, isRedeemed: kind === 'redeemed' };
  });
  await saveLedger(sql, workspaceId, ledger);
  await write(batch, asked, decisions);
  return decisions;
}

async function write(batch: CouponBatch, asked: readonly Asked[], decisions: readonly Decision[]): Promise<void> {
  const { sql, workspaceId, now } = batch;
  const at = new Date(now);
  const granted = asked.flatMap((one, place) => {
    const decision = decisions[place]!;
    return decision.isRefused ? [] : [{ ...one, ...decision }];
  });
  const others = granted.flatMap(({ before, own }) =>
    before.filter((hold) => hold !== own).map((hold) => hold.owner_ref),
  );
  await endHolds(sql, workspaceId, { ownerRefs: others, state: 'released', at });
  const refused = asked.filter(({ own }, place) => own.isNew && decisions[place]!.isRefused);
  const empty = granted.filter(({ decided }) => decided.uses.length === 0);
  await forgetHolds(
    sql,
    workspaceId,
    [...refused, ...empty].map(({ wish }) => wish.ownerRef),
  );
  const holds = granted.filter(({ decided }) => decided.uses.length > 0).map(rowOf);
  await saveHolds(sql, workspaceId, { holds, at });
  const redeemed = holds.filter((hold) => hold.state === 'committed');
  if (redeemed.length === 0) return;
  await insertRedemptions(
    sql,
    workspaceId,
    redeemed.flatMap((hold) => usesOf(hold).map((use) => redemptionOf(batch, hold, use))),
  );
  await noteCoupons(
    batch,
    redeemed.map((hold) => hold.profile_id),
  );
}

function heldOf({ wish, before }: Asked, { decided, unknown, isRefused, quote, isRedeemed }: Decision): Held {
  if (isRefused) return { kind: 'refused', refused: [...unknown, ...decided.refused] };
  const expiresAtMs = decided.uses.length === 0 ? null : wish.expiresAtMs;
  const had = new Set(before.flatMap((hold) => hold.codes.map((code) => code.codeId)));
  const has = new Set(decided.uses.map((use) => use.codeId));
  const added = [...has].filter((id) => !had.has(id));
  const removed = [...had].filter((id) => !has.has(id));
  return { kind: 'held', quote, decided, added, removed, expiresAtMs, unknown: unknown.length, isRedeemed };
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

/** Codes as they were typed; what there is none of is refused. */
export async function findTyped(
  batch: Pick<CouponBatch, 'workspaceId'> & { sql: Parameters<typeof findOffers>[0] },
  codes: readonly string[],
  profileId: string | null,
): Promise<TypedCodes> {
  const [typed] = await findTypedOfAll(batch, [{ codes, profileId }]);
  if (typed === undefined) throw new Error('codes were asked for and not answered');
  return typed;
}

interface TypedCodes {
  readonly found: readonly FoundCode[];
  readonly unknown: readonly Refused[];
}

/** As `findTyped`, of many customers at once: each finds codes as they are to her. */
async function findTypedOfAll(
  { sql, workspaceId }: Pick<CouponBatch, 'workspaceId'> & { sql: Parameters<typeof findOffers>[0] },
  asked: readonly { readonly codes: readonly string[]; readonly profileId: string | null }[],
): Promise<TypedCodes[]> {
  const typed = asked.map(({ codes }) => new Map(codes.map((code) => [normaliseCode(code), code])));
  const normalised = [...new Set(typed.flatMap((codes) => [...codes.keys()]))];
  const all = await findOffers(sql, workspaceId, { normalised, profileId: null });
  const recipients = await findRecipients(sql, workspaceId, {
    codeIds: all.map((one) => one.offer.couponId),
    profileIds: [...new Set(asked.flatMap(({ profileId }) => profileId ?? []))],
  });
  return asked.map(({ profileId }, at) => {
    const codes = typed[at]!;
    const found = all
      .filter((one) => codes.has(one.normalised))
      .map((one) => asTo(one, recipients.has(`${one.offer.couponId} ${profileId}`)));
    const known = new Set(found.map((one) => one.normalised));
    const unknown = [...codes].flatMap(([normal, code]): Refused[] =>
      known.has(normal) ? [] : [{ code, reason: 'unknown', message: refusalMessage('unknown') }],
    );
    return { found, unknown };
  });
}

/** What a hold took. Pure. */
export function usesOf({
  codes,
  profile_id: profileId,
  currency,
}: Pick<HoldRow, 'codes' | 'profile_id' | 'currency'>): Use[] {
  return codes.map(({ codeId, campaignId, amountMinor }) => ({ codeId, campaignId, profileId, amountMinor, currency }));
}

function rowOf({ wish, own, decided, found, quote, fingerprint }: Asked & Decision): SavedHold {
  const versions = new Map(found.map((one) => [one.offer.couponId, one.version]));
  return {
    owner_ref: wish.ownerRef,
    state: wish.redeemsFor === undefined ? 'held' : 'committed',
    order_source: wish.redeemsFor?.orderSource ?? null,
    order_ref: wish.redeemsFor?.orderRef ?? null,
    fingerprint,
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
    hadCodes: own.codes.length > 0,
  };
}
