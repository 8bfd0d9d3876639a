import { api, type CouponBenefit, type CouponLimits, type CouponTerms } from '@segue/contract';
import type { Cart, CartLine, CouponOffer } from '../cart.ts';

export const NO_LIMITS: CouponLimits = { total: null, perProfile: null, budget: null };

/** Terms with everything that is left out filled in, as the API fills it in. */
export function termsOf(terms: { benefit: unknown } & Partial<Omit<CouponTerms, 'benefit'>>): CouponTerms {
  return api.createCouponCampaign.body.parse({ name: 'Offer', terms }).terms;
}

export const percent = (value: number): CouponBenefit => ({ kind: 'percent', percent: value });
export const euros = (amountMinor: number) => [{ amountMinor, currency: 'EUR' }];

let serial = 0;

export function offerOf(
  terms: { benefit: unknown } & Partial<Omit<CouponTerms, 'benefit'>>,
  fields: Partial<CouponOffer> = {},
): CouponOffer {
  serial += 1;
  const id = `00000000-0000-7000-8000-${String(serial).padStart(12, '0')}`;
  return {
    ...{ code: `CODE${serial}`, couponId: id, campaignId: id, name: 'Offer', state: 'active', isVoid: false },
    ...{ limits: NO_LIMITS, expiresAtMs: undefined, isHers: undefined, terms: termsOf(terms) },
    ...fields,
  };
}

export function lineOf(id: string, fields: Partial<CartLine> = {}): CartLine {
  return {
    ...{ id, products: [id], variants: [], sku: undefined, collections: [], categories: [], vendor: undefined },
    ...{ quantity: 1, unitPriceMinor: 1_000, discountMinor: 0, isOnSale: false },
    ...fields,
  };
}

export function cartOf(lines: readonly CartLine[], fields: Partial<Cart> = {}): Cart {
  const customer = {
    isKnown: false,
    hasOrdered: false,
    segmentIds: new Set<string>(),
    emailDomains: new Set<string>(),
  };
  return { currency: 'EUR', channel: 'web', store: undefined, shippingMinor: 0, lines, customer, ...fields };
}
