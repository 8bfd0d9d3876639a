import type { PointsExpiry } from '@segue/contract';

const DAY_MS = 24 * 3_600_000;

/** When points that can be spent from an instant on end; null: never. Months and years are those of UTC. Pure. */
export function endOf(expiry: PointsExpiry, availableAtMs: number): number | null {
  const at = new Date(availableAtMs);
  switch (expiry.kind) {
    case 'never':
      return null;
    case 'days':
      return availableAtMs + expiry.days * DAY_MS;
    case 'end_of_month':
      return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + expiry.months + 1, 1);
    case 'end_of_year':
      return Date.UTC(at.getUTCFullYear() + expiry.years + 1, 0, 1);
  }
}
