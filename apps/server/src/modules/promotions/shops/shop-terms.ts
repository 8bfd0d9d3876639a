import type { CouponTerms } from '@segue/contract';

/** A discount code as a connected shop knows it. */
export interface ToldCoupon {
  readonly id: string;
  readonly atMs: number;
  readonly code: string;
  readonly kind: 'percent' | 'amount' | 'free_shipping';
  /** Of `percent`: hundredths of a percent. Of `amount`: minor units. */
  readonly value: number;
  readonly minimumMinor: number | undefined;
  readonly startsAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly isIndividual: boolean;
  readonly excludesSale: boolean;
  readonly emails: readonly string[];
}

/** The terms of a shop's coupon, for its channel alone; undefined: what it gives was not told. Pure. */
export function shopTerms(coupon: ToldCoupon, place: { channel: string; currency: string }): CouponTerms | undefined {
  const benefit = benefitOf(coupon, place.currency);
  if (benefit === undefined) return undefined;
  const { minimumMinor, startsAtMs, expiresAtMs } = coupon;
  const domains = coupon.emails.flatMap((email) => /^\*@([a-z0-9.-]+)$/.exec(email.toLowerCase())?.[1] ?? []);
  const isOfDomains = domains.length > 0 && domains.length === coupon.emails.length;
  const isEmpty = startsAtMs !== undefined && expiresAtMs !== undefined && startsAtMs >= expiresAtMs;
  return {
    benefit,
    ...(minimumMinor !== undefined && { minimum: [{ amountMinor: minimumMinor, currency: place.currency }] }),
    ...{ excludeSale: coupon.excludesSale, firstOrderOnly: false },
    // A list of single customers cannot be said in terms: such a code is for whom it is given to.
    recipientOnly: coupon.emails.length > 0 && !isOfDomains,
    ...(isOfDomains && { emailDomains: domains }),
    ...(startsAtMs !== undefined && !isEmpty && { startsAt: new Date(startsAtMs).toISOString() }),
    ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
    channels: [place.channel],
    stacking: coupon.isIndividual ? { kind: 'exclusive' } : { kind: 'group', group: 'default' },
  };
}

function benefitOf({ kind, value }: ToldCoupon, currency: string): CouponTerms['benefit'] | undefined {
  if (kind === 'free_shipping') return { kind };
  if (value <= 0) return undefined;
  if (kind === 'percent') return { kind, percent: Math.min(100, value / 100) };
  return { kind, amounts: [{ amountMinor: value, currency }] };
}
