import type { LotDates } from '../ledger/lot.ts';
import { localDayOf, startOfDay } from './local-day.ts';
import type { PointsTerms } from './program.ts';

const DAY_MS = 24 * 60 * 60_000;

/** When what was earned at an instant can be spent, and until when. `deliveredAtMs`: of an order's goods. Pure. */
export function lotDatesOf(
  terms: Pick<PointsTerms, 'availability' | 'expiry'>,
  earned: { atMs: number; deliveredAtMs?: number | null; timeZone: string },
): LotDates {
  const availableAtMs = availableOf(terms.availability, earned);
  return { availableAtMs, expiresAtMs: expiresOf(terms.expiry, { ...earned, availableAtMs }) };
}

function availableOf(
  availability: PointsTerms['availability'],
  { atMs, deliveredAtMs = atMs }: { atMs: number; deliveredAtMs?: number | null },
): number {
  switch (availability.kind) {
    case 'at_once':
      return atMs;
    case 'after_days':
      return atMs + availability.days * DAY_MS;
    case 'after_delivery': {
      const latestMs = atMs + availability.atLatestDays * DAY_MS;
      return deliveredAtMs === null ? latestMs : Math.min(latestMs, deliveredAtMs + availability.days * DAY_MS);
    }
  }
}

function expiresOf(
  expiry: PointsTerms['expiry'],
  { atMs, availableAtMs, timeZone }: { atMs: number; availableAtMs: number; timeZone: string },
): number | null {
  switch (expiry.kind) {
    case 'never':
      return null;
    case 'days':
      return atMs + expiry.days * DAY_MS;
    case 'end_of_month': {
      const { year, month } = localDayOf(atMs, timeZone);
      return startOfDay({ year, month: month + expiry.months + 1, day: 1 }, timeZone);
    }
    case 'end_of_year':
      return startOfDay({ year: localDayOf(atMs, timeZone).year + expiry.years + 1, month: 1, day: 1 }, timeZone);
    case 'inactivity':
      // From then on each time she earns or spends, it is moved.
      return Math.max(atMs, availableAtMs) + expiry.days * DAY_MS;
  }
}
