import type { api, AnswerOf, BodyOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { getWorkspaceRow, recordAudit } from '../../accounts/index.ts';
import { batchOf } from '../coupon-batch.ts';
import { findOffersOf } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { noteGuesses, refuseGuessing } from '../guesses/limit-guesses.ts';
import { buildCart } from './build-cart.ts';
import { type Buyer, findBuyer, holdBuyer } from './buyer.ts';
import { type Committed, commitHold } from './commit-hold.ts';
import { decideUses } from './decide-uses.ts';
import { findTyped, type Held, holdCoupons, usesOf } from './hold-coupons.ts';
import { findHold, type HoldRow } from './hold-store.ts';
import { readLedger } from './open-ledger.ts';
import { ownerOf } from './owner.ts';
import { presentRedemption } from './present-redemption.ts';
import { type Quote, quoteOf } from './quote.ts';
import { lockOrders, type OrderName, type RedemptionRow } from './redemption-store.ts';
import { releaseHolds } from './release-holds.ts';
import { type CouponNews, tellCoupons } from './tell-coupons.ts';
import { voidRedemptions } from './void-redemptions.ts';

const HOLD_MS = 15 * 60_000;

type Api = typeof api;
type ValidateBody = BodyOf<Api['validateCoupons']>;
type HoldBody = BodyOf<Api['holdCoupons']>;
type CommitBody = BodyOf<Api['commitCoupons']>;
type RedeemBody = BodyOf<Api['redeemCoupons']>;
type VoidBody = BodyOf<Api['voidCoupons']>;

/** What codes are worth for a cart just now. Takes nothing. */
export async function validateCoupons(ctx: Ctx, body: ValidateBody): Promise<Quote> {
  const { sql, workspaceId } = ctx;
  const buyer = await findBuyer(ctx, body);
  const guesser = { profileId: buyer.profileId, ip: body.ip };
  await refuseGuessing(ctx, guesser);
  const { found, unknown } = await findTyped(ctx, body.codes, buyer.profileId);
  await noteGuesses(ctx, guesser, unknown.length);
  const offers = found.map((one) => one.offer);
  const nowMs = ctx.clock.now();
  const wish = { cart: body.cart, channel: body.channel, store: body.store };
  const cart = await buildCart(ctx, wish, { buyer, offers, atMs: nowMs });
  const hold = body.ownerRef === undefined ? undefined : await findHold(sql, workspaceId, ownerOf.cart(body.ownerRef));
  const own = hold?.state === 'held' ? usesOf(hold) : [];
  const places = offers.map((offer) => ({
    codeId: offer.couponId,
    campaignId: offer.campaignId,
    profileId: buyer.profileId,
  }));
  const ledger = await readLedger(sql, workspaceId, [...places, ...own]);
  for (const use of own) ledger.giveBack(use, 'held');
  const decided = decideUses({ cart, profileId: buyer.profileId, nowMs }, offers, ledger);
  return quoteOf({ decided, unknown, currency: body.cart.currency, place: await placeOf(ctx) });
}

/** Holds coupons for a cart, in place of what it held. */
export async function holdForCart(ctx: TxCtx, body: HoldBody): Promise<AnswerOf<Api['holdCoupons']>> {
  const { ownerRef } = body;
  const expiresAtMs = ctx.clock.now() + HOLD_MS;
  const { held, buyer } = await hold(ctx, body, { ownerRef: ownerOf.cart(ownerRef), expiresAtMs });
  await recordAudit(ctx, { action: 'coupons.held' });
  if (held.kind === 'repeat')
    return { ...repeated(held.hold), ownerRef, expiresAt: held.hold.expires_at?.toISOString() ?? null };
  if (held.kind === 'refused') throw new Error('a hold that may be partial was refused');
  const { quote } = held;
  const removed = await removedNews(ctx, held.removed);
  await tellCoupons(ctx, { profileId: buyer.profileId, cartRef: ownerRef }, [...newsOf(held), ...removed]);
  return { ...quote, ownerRef, expiresAt: held.expiresAtMs === null ? null : new Date(held.expiresAtMs).toISOString() };
}

async function hold(
  ctx: TxCtx,
  body: Omit<ValidateBody, 'ownerRef'>,
  wish: { ownerRef: string; expiresAtMs: number | null; isOnce?: boolean },
): Promise<{ held: Held; buyer: Buyer }> {
  const buyer = await holdBuyer(ctx, body);
  const guesser = { profileId: buyer.profileId, ip: body.ip };
  await refuseGuessing(ctx, guesser);
  const { codes, cart, channel, store } = body;
  const place = await placeOf(ctx);
  const held = await holdCoupons(batchOf(ctx), { ...wish, codes, cart, channel, store, buyer, place });
  if (held.kind === 'held') await noteGuesses(ctx, guesser, held.unknown);
  return { held, buyer };
}

async function placeOf(ctx: Ctx): Promise<{ language: string; timeZone: string }> {
  const { language, time_zone: timeZone } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
  return { language, timeZone };
}

function repeated(hold: HoldRow): Quote {
  return hold.answer as unknown as Quote;
}

function newsOf({ decided, quote, added }: Extract<Held, { kind: 'held' }>): CouponNews[] {
  const applied = decided.discounts
    .filter(({ offer }) => added.includes(offer.couponId))
    .map(({ offer, amountMinor }): CouponNews => ({
      event: 'Coupon Applied',
      ...{ couponId: offer.couponId, campaignId: offer.campaignId, code: offer.code, name: offer.name },
      discount: { amountMinor, currency: quote.currency },
    }));
  const denied = quote.refused.map(({ code, reason }): CouponNews => ({
    event: 'Coupon Denied',
    ...{ couponId: undefined, campaignId: undefined, name: undefined, code, reason },
  }));
  return [...applied, ...denied];
}

async function removedNews({ sql, workspaceId }: Ctx, codeIds: readonly string[]): Promise<CouponNews[]> {
  const found = await findOffersOf(sql, workspaceId, { codeIds, profileId: null });
  return found.map(({ offer }) => ({
    event: 'Coupon Removed',
    ...{ couponId: offer.couponId, campaignId: offer.campaignId, code: offer.code, name: offer.name },
  }));
}

/** Lets go of what a cart holds; answers how many coupons that were. */
export async function releaseForCart(ctx: TxCtx, ownerRef: string): Promise<number> {
  const [released] = await releaseHolds(batchOf(ctx), [ownerOf.cart(ownerRef)]);
  await recordAudit(ctx, { action: 'coupons.released' });
  if (released === undefined) return 0;
  const news = await removedNews(
    ctx,
    released.codes.map((code) => code.codeId),
  );
  await tellCoupons(ctx, { profileId: released.profile_id, cartRef: ownerRef }, news);
  return released.codes.length;
}

/** Redeems what a cart holds for its order. */
export async function commitForCart(ctx: TxCtx, body: CommitBody): Promise<AnswerOf<Api['commitCoupons']>> {
  const { ownerRef, orderSource, orderRef, amounts = [] } = body;
  const committed = await commitHold(batchOf(ctx), {
    ...{ ownerRef: ownerOf.cart(ownerRef), orderSource, orderRef },
    amounts: new Map(amounts.map(({ code, amountMinor }) => [normaliseCode(code), amountMinor])),
  });
  await recordAudit(ctx, { action: 'coupons.redeemed', detail: { orderSource, orderRef } });
  return outcomeOf(committed);
}

/** Redeems codes for an order at once: a hold that is redeemed in the same transaction. */
export async function redeemForOrder(ctx: TxCtx, body: RedeemBody): Promise<AnswerOf<Api['redeemCoupons']>> {
  const { orderSource, orderRef } = body;
  const order: OrderName = { orderSource, orderRef };
  const ownerRef = ownerOf.redeemed(order);
  await lockOrders(ctx.sql, ctx.workspaceId, [order]);
  const { held } = await hold(ctx, body, { ownerRef, expiresAtMs: null, isOnce: true });
  await recordAudit(ctx, { action: 'coupons.redeemed', detail: { orderSource, orderRef } });
  if (held.kind === 'refused') throw new Error('a hold that may be partial was refused');
  const quote = held.kind === 'repeat' ? repeated(held.hold) : held.quote;
  if (quote.discounts.length === 0) return { ...quote, redemptions: [], isRepeat: false };
  const { redemptions, isRepeat } = outcomeOf(await commitHold(batchOf(ctx), { ...order, ownerRef }));
  return { ...quote, redemptions, isRepeat };
}

function outcomeOf(committed: Committed): AnswerOf<Api['commitCoupons']> {
  switch (committed.kind) {
    case 'nothing':
      throw new AppError('not_found', 'Nothing is held by this owner', {
        details: [{ field: 'ownerRef', message: 'hold coupons first, or redeem codes for the order at once' }],
      });
    case 'other_order':
      throw new AppError('conflict', 'What this owner held was redeemed for another order', {
        details: [{ field: 'orderRef', message: 'give the order it was redeemed for, or hold coupons anew' }],
      });
    case 'committed': {
      const { redemptions, refused, isRepeat } = committed;
      return { redemptions: redemptions.map(presentRedemption), refused: [...refused], isRepeat };
    }
  }
}

/** Takes back the redemptions of an order; answers how many were not taken back before. */
export async function voidForOrder(ctx: TxCtx, body: VoidBody): Promise<number> {
  const { orderSource, orderRef, code } = body;
  const batch = batchOf(ctx);
  const found = code === undefined ? undefined : (await findTyped(batch, [code], null)).found;
  const ids = found?.map((one) => one.offer.couponId);
  const isMeant = (row: RedemptionRow) => ids === undefined || ids.includes(row.code_id);
  const voided = await voidRedemptions(batch, [{ orderSource, orderRef }], isMeant);
  await recordAudit(ctx, { action: 'coupons.voided', detail: { orderSource, orderRef, voided: voided.length } });
  return voided.length;
}
