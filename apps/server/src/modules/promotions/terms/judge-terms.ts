import type { CouponRefusal } from '@segue/contract';
import { amountIn } from './benefit.ts';
import { type Cart, type CouponOffer, valueOf } from './cart.ts';
import { isEligible } from './match-line.ts';

/** Why a coupon does not count for a cart, whatever else is in it; undefined: it does. Pure. */
export function judgeTerms(offer: CouponOffer, cart: Cart, nowMs: number): CouponRefusal | undefined {
  return judgeOffer(offer, nowMs) ?? judgePlace(offer, cart) ?? judgeCustomer(offer, cart) ?? judgeGoods(offer, cart);
}

/** Whether it runs at all. Pure. */
export function judgeOffer(offer: CouponOffer, nowMs: number): CouponRefusal | undefined {
  const { startsAt, expiresAt } = offer.terms;
  if (offer.isVoid) return 'void';
  if (offer.state === 'archived') return 'expired';
  if (offer.state === 'paused') return 'paused';
  if (startsAt !== undefined && nowMs < Date.parse(startsAt)) return 'not_started';
  if (expiresAt !== undefined && nowMs >= Date.parse(expiresAt)) return 'expired';
  if (offer.expiresAtMs !== undefined && nowMs >= offer.expiresAtMs) return 'expired';
  return undefined;
}

/** Whether it counts where this is bought. Pure. */
export function judgePlace(
  { terms, limits }: Pick<CouponOffer, 'terms' | 'limits'>,
  { channel, store, currency }: Pick<Cart, 'channel' | 'store' | 'currency'>,
): CouponRefusal | undefined {
  if (terms.channels !== undefined && !terms.channels.includes(channel)) return 'channel';
  if (terms.stores !== undefined && (store === undefined || !terms.stores.includes(store))) return 'store';
  if (limits.budget !== null && limits.budget.currency !== currency) return 'currency';
  const { benefit } = terms;
  if (terms.minimum !== undefined && amountIn(terms.minimum, currency) === undefined) return 'currency';
  if (benefit.kind === 'amount' && amountIn(benefit.amounts, currency) === undefined) return 'currency';
  const atMost = benefit.kind === 'percent' || benefit.kind === 'free_shipping' ? benefit.atMost : undefined;
  return atMost !== undefined && amountIn(atMost, currency) === undefined ? 'currency' : undefined;
}

function judgeCustomer({ terms, limits, isHers }: CouponOffer, { customer }: Cart): CouponRefusal | undefined {
  // Terms that ask for the recipient alone are met by nobody while a code has none.
  if (isHers === false || (terms.recipientOnly && isHers !== true)) return 'recipient';
  const asks = terms.segments ?? terms.notSegments ?? limits.perProfile;
  if ((asks !== undefined && asks !== null) || terms.firstOrderOnly) if (!customer.isKnown) return 'profile_required';
  if (terms.segments?.some((id) => customer.segmentIds.has(id)) === false) return 'segment';
  if (terms.notSegments?.some((id) => customer.segmentIds.has(id)) === true) return 'segment';
  if (terms.firstOrderOnly && customer.hasOrdered) return 'first_order';
  if (terms.emailDomains?.some((domain) => customer.emailDomains.has(domain)) === false) return 'email';
  return undefined;
}

function judgeGoods({ terms }: CouponOffer, cart: Cart): CouponRefusal | undefined {
  const eligible = cart.lines.filter((line) => isEligible(terms, line));
  if (eligible.length === 0) return 'no_product';
  const value = eligible.reduce((sum, line) => sum + valueOf(line), 0);
  return value < (amountIn(terms.minimum, cart.currency) ?? 0) ? 'minimum' : undefined;
}
