import { type Cart, type CouponOffer, type Discount, type Priced, type Refused } from '../terms/cart.ts';
import { priceCoupons } from '../terms/price-coupons.ts';
import { refusalMessage } from '../terms/refusal-message.ts';
import type { Ledger, Use } from './ledger.ts';

/** What codes are worth for a cart as terms and counts have it, and the uses that takes. */
export interface Decided extends Priced {
  readonly uses: readonly Use[];
}

/**
 * Prices coupons by their terms; one whose uses are spent is refused, and the others are priced without it, so that the next
 * best of its group counts instead. Takes nothing. Pure.
 */
export function decideUses(
  { cart, profileId, nowMs }: { cart: Cart; profileId: string | null; nowMs: number },
  offers: readonly CouponOffer[],
  ledger: Pick<Ledger, 'refusal'>,
): Decided {
  const spent: Refused[] = [];
  let able = offers;
  for (;;) {
    const priced = priceCoupons(cart, able, nowMs);
    const uses = priced.discounts.map((discount) => useOf(discount, cart.currency, profileId));
    const refusals = uses.map((use) => ledger.refusal(use));
    const at = refusals.findIndex((refusal) => refusal !== undefined);
    if (at < 0) return { ...priced, refused: [...priced.refused, ...spent].sort(byCode), uses };
    for (const [place, reason] of refusals.entries()) {
      const { offer } = priced.discounts[place]!;
      if (reason === undefined) continue;
      spent.push({ code: offer.code, reason, message: refusalMessage(reason) });
      able = able.filter((one) => one.couponId !== offer.couponId);
    }
  }
}

function useOf({ offer, amountMinor }: Discount, currency: string, profileId: string | null): Use {
  return { codeId: offer.couponId, campaignId: offer.campaignId, profileId, amountMinor, currency };
}

function byCode(a: Refused, b: Refused): number {
  return a.code < b.code ? -1 : a.code > b.code ? 1 : 0;
}
