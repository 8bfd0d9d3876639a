import type { CouponExceptionKind } from '../exceptions/exception-store.ts';
import type { CouponOffer } from '../terms/cart.ts';
import { judgeOffer, judgePlace } from '../terms/judge-terms.ts';

/** A redemption that has happened somewhere, as far as terms ask. */
export interface ToldRedemption {
  readonly channel: string;
  /** null: a shop that does not tell; it has judged that itself. */
  readonly store: string | null;
  readonly currency: string;
  readonly amountMinor: number;
  readonly atMs: number;
  /** At a till without a connection: only campaigns with a cap, and up to it. */
  readonly isOffline: boolean;
}

/** What is against a redemption that has happened, beside limits; undefined: nothing. Pure. */
export function judgeFact(offer: CouponOffer, told: ToldRedemption): CouponExceptionKind | undefined {
  const state = judgeOffer(offer, told.atMs);
  if (state === 'void' || state === 'paused' || state === 'expired' || state === 'not_started') return state;
  const place = judgePlace(offer, { ...told, store: told.store ?? offer.terms.stores?.[0] });
  if (place === 'channel' || place === 'store' || place === 'currency') return place;
  if (offer.isHers === false) return 'recipient';
  return told.isOffline ? judgeCap(offer, told) : undefined;
}

function judgeCap({ terms: { offlineCap } }: CouponOffer, told: ToldRedemption): CouponExceptionKind | undefined {
  if (offlineCap === undefined) return 'over_cap';
  if (offlineCap.currency !== told.currency) return 'currency';
  return told.amountMinor > offlineCap.amountMinor ? 'over_cap' : undefined;
}
