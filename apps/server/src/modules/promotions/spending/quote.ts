import type { JsonObject } from '../../../platform/json.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Priced, Refused } from '../terms/cart.ts';
import { couponLanguage, type CouponText, describeTerms } from '../terms/describe-terms.ts';

/** What codes are worth for a cart, as the API answers it. */
export interface Quote extends JsonObject {
  currency: string;
  discounts: QuotedDiscount[];
  refused: QuotedRefusal[];
  subtotalMinor: number;
  discountMinor: number;
  totalMinor: number;
}

type QuotedRefusal = { code: string; reason: Refused['reason']; message: string };
type QuotedDiscount = {
  code: string;
  couponId: string;
  campaignId: string;
  name: string;
  amountMinor: number;
  lines: { lineId: string; amountMinor: number }[];
  shippingMinor: number;
  text: Pick<CouponText, 'language' | 'headline' | 'lines'>;
};

/** Pure. */
export function quoteOf({
  decided,
  unknown,
  currency,
  place,
}: {
  decided: Priced;
  unknown: readonly Refused[];
  currency: string;
  place: { language: string; timeZone: string };
}): Quote {
  const language = couponLanguage(place.language);
  return {
    currency,
    discounts: decided.discounts.map(({ offer, amountMinor, lines, shippingMinor }) => ({
      code: offer.code,
      couponId: publicId('cpn', offer.couponId),
      campaignId: publicId('cpc', offer.campaignId),
      name: offer.name,
      amountMinor,
      lines: lines.map((line) => ({ ...line })),
      shippingMinor,
      text: { ...describeTerms(offer, { language, timeZone: place.timeZone }) },
    })),
    refused: [...unknown, ...decided.refused].map((one) => ({ ...one })),
    subtotalMinor: decided.subtotalMinor,
    discountMinor: decided.discountMinor,
    totalMinor: decided.totalMinor,
  };
}
