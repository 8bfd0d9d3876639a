import type { CouponBenefit, CouponRefusal } from '@segue/contract';
import { type Rest, takeOff } from './benefit.ts';
import { type Cart, type CouponOffer, type Discount, type Priced, type Refused, valueOf } from './cart.ts';
import { judgeTerms } from './judge-terms.ts';
import { refusalMessage } from './refusal-message.ts';

/**
 * What coupons take off a cart, line by line in minor units, and why others do not count. The order they are given in changes
 * nothing.
 *
 * Of one group the coupon counts that would take most off alone; the groups add up, each on what those before left to be
 * paid: goods given by number first, then percent, then amounts, then shipping. One that is exclusive counts alone, and only
 * if it takes off more than all the others together. A percentage is rounded once, half up, on the sum of its lines and then
 * divided over them exactly (`allocate`). Nothing is ever taken off below zero. Pure.
 */
export function priceCoupons(cart: Cart, offers: readonly CouponOffer[], nowMs: number): Priced {
  const refused: Refused[] = [];
  const refuse = (offer: CouponOffer, reason: CouponRefusal) =>
    refused.push({ code: offer.code, reason, message: refusalMessage(reason) });
  const able: CouponOffer[] = [];
  for (const offer of distinct(offers)) {
    const reason = judgeTerms(offer, cart, nowMs) ?? (worthOf([offer], cart) === 0 ? 'no_effect' : undefined);
    if (reason === undefined) able.push(offer);
    else refuse(offer, reason);
  }
  const chosen = choose(able, cart);
  for (const offer of able) if (!chosen.includes(offer)) refuse(offer, 'better_coupon');
  const discounts = discountsOf(chosen, cart);
  // What those before left nothing of.
  for (const offer of chosen) if (!discounts.some((one) => one.offer === offer)) refuse(offer, 'no_effect');
  return sumUp(cart, discounts, refused.sort(byCode));
}

/** In an order of their own, each code once. */
function distinct(offers: readonly CouponOffer[]): CouponOffer[] {
  return [...new Map(offers.map((offer) => [offer.couponId, offer])).values()].sort(inTurn);
}

const TURNS: Readonly<Record<CouponBenefit['kind'], number>> = { buy_get: 0, percent: 1, amount: 2, free_shipping: 3 };

function inTurn(a: CouponOffer, b: CouponOffer): number {
  const turn = TURNS[a.terms.benefit.kind] - TURNS[b.terms.benefit.kind];
  return turn || compare(a.campaignId, b.campaignId) || compare(a.couponId, b.couponId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byCode(a: Refused, b: Refused): number {
  return compare(a.code, b.code);
}

/** The best of each group, or one exclusive coupon that is better than all of these. */
function choose(able: readonly CouponOffer[], cart: Cart): CouponOffer[] {
  const best = new Map<string, { offer: CouponOffer; worth: number }>();
  let alone: { offer: CouponOffer; worth: number } | undefined;
  for (const offer of able) {
    const worth = worthOf([offer], cart);
    const { stacking } = offer.terms;
    if (stacking.kind === 'exclusive') {
      if (alone === undefined || worth > alone.worth) alone = { offer, worth };
      continue;
    }
    const known = best.get(stacking.group);
    if (known === undefined || worth > known.worth) best.set(stacking.group, { offer, worth });
  }
  const together = [...best.values()].map(({ offer }) => offer).sort(inTurn);
  return alone !== undefined && alone.worth > worthOf(together, cart) ? [alone.offer] : together;
}

function worthOf(offers: readonly CouponOffer[], cart: Cart): number {
  return discountsOf(offers, cart).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** One after the other, each on what the one before left. */
function discountsOf(offers: readonly CouponOffer[], cart: Cart): Discount[] {
  let rest: Rest = { lines: cart.lines.map(valueOf), shippingMinor: cart.shippingMinor };
  const discounts: Discount[] = [];
  for (const offer of offers) {
    const taken = takeOff(offer.terms, cart, rest);
    const amountMinor = taken.lines.reduce((sum, one) => sum + one, 0) + taken.shippingMinor;
    if (amountMinor === 0) continue;
    rest = {
      lines: rest.lines.map((left, place) => left - taken.lines[place]!),
      shippingMinor: rest.shippingMinor - taken.shippingMinor,
    };
    const lines = taken.lines.flatMap((off, place) =>
      off === 0 ? [] : [{ lineId: cart.lines[place]!.id, amountMinor: off }],
    );
    discounts.push({ offer, amountMinor, lines, shippingMinor: taken.shippingMinor });
  }
  return discounts;
}

function sumUp(cart: Cart, discounts: readonly Discount[], refused: readonly Refused[]): Priced {
  const subtotalMinor = cart.lines.reduce((sum, line) => sum + valueOf(line), 0);
  const discountMinor = discounts.reduce((sum, one) => sum + one.amountMinor, 0);
  return {
    discounts,
    refused,
    subtotalMinor,
    discountMinor,
    totalMinor: subtotalMinor + cart.shippingMinor - discountMinor,
  };
}
