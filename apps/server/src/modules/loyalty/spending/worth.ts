import type { PointsTerms } from '../programs/program.ts';

/** More than anybody has. */
export const POINTS_MAX = 1_000_000_000_000;

type Burning = NonNullable<PointsTerms['burn']>;

/** What points are worth in a currency, in whole minor units; undefined: they pay nothing in it. Exact, rounded down. Pure. */
export function worthOf(burn: Burning | null, points: number, currency: string): number | undefined {
  const value = burn?.values.find((one) => one.currency === currency);
  if (value === undefined) return undefined;
  return Number((BigInt(points) * BigInt(value.amountMinor)) / BigInt(value.points));
}

/** How many points can be used for an amount, and what they are worth: no more than she has, than was asked, or than pays it. Pure. */
export function usableFor(
  burn: Burning | null,
  wish: { balance: number; points: number | undefined; amountMinor: number; currency: string },
): { points: number; worthMinor: number } {
  const value = burn?.values.find((one) => one.currency === wish.currency);
  const none = { points: 0, worthMinor: 0 };
  if (burn === null || value === undefined) return none;
  // The most points whose worth, rounded down, is not beyond the amount.
  const pays = Number(((BigInt(wish.amountMinor) + 1n) * BigInt(value.points) - 1n) / BigInt(value.amountMinor));
  const most = Math.min(wish.balance, wish.points ?? wish.balance, pays);
  const points = Math.max(0, most - (most % burn.step));
  if (points < burn.minimum) return none;
  // Points that add nothing to what is paid are not used.
  const worthMinor = worthOf(burn, points, wish.currency) ?? 0;
  const needed = Number(
    (BigInt(worthMinor) * BigInt(value.points) + BigInt(value.amountMinor) - 1n) / BigInt(value.amountMinor),
  );
  const least = Math.max(burn.minimum, Math.ceil(needed / burn.step) * burn.step);
  return { points: worthMinor === 0 ? 0 : Math.min(points, least), worthMinor };
}

/** Why so many points are not spent; undefined: they can be. Pure. */
export function refusalOf(burn: Burning | null, points: number): string | undefined {
  if (burn === null) return undefined;
  if (points < burn.minimum) return `are too few; use at least ${burn.minimum}`;
  return points % burn.step === 0 ? undefined : `are no whole multiple of ${burn.step}`;
}
