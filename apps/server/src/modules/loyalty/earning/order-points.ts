import { keptOf, type OrderLine, type OrderState } from '../../orders/index.ts';
import type { PointsTerms } from '../programs/program.ts';
import { pointsOfAmounts } from './exact-points.ts';

type Earn = NonNullable<PointsTerms['earn']>;

/** The rate an order earns by; undefined: orders like it earn nothing in this program. Pure. */
export function rateOf(terms: PointsTerms, { channel, currency }: Pick<OrderState, 'channel' | 'currency'>) {
  const { earn } = terms;
  if (earn === null || !isOn(earn, channel)) return undefined;
  return earn.rates.find((one) => one.currency === currency)?.points;
}

function isOn({ channels }: Earn, channel: string): boolean {
  return channels === undefined || channels.includes(channel);
}

/** Whether an order is paid and stands. Pure. */
function isEarned({ isAccepted, isTest, standing, payment }: OrderState): boolean {
  if (!isAccepted || isTest || standing === 'cancelled') return false;
  return payment === 'paid' || payment === 'partially_refunded';
}

/**
 * What an order is worth in points as it stands: for the goods she keeps, and no more than she has paid for all in the end, so
 * that neither what came back, nor what was refunded, nor what she paid with points earns any. Shipping and taxes beside the
 * price earn nothing. `multipliers`: of its lines, in ten-thousandths. Pure.
 */
export function pointsOfOrder(
  order: OrderState,
  terms: PointsTerms,
  multipliers: Readonly<Record<string, number>>,
): number {
  const rate = rateOf(terms, order);
  if (rate === undefined || !isEarned(order)) return 0;
  const parts = order.lines.map((line) => ({
    amountMinor: valueOf(line, keptOf(line)),
    multiplier: multipliers[line.id] ?? 10_000,
  }));
  const atMostMinor = Math.max(0, order.totalMinor - order.refundedMinor);
  return pointsOfAmounts({ parts, atMostMinor, currency: order.currency, rate, rounding: terms.rounding });
}

/** Of so many pieces of a line, in whole minor units. */
function valueOf({ quantity, unitPriceMinor, discountMinor }: OrderLine, pieces: number): number {
  const whole = BigInt(quantity) * BigInt(unitPriceMinor) - BigInt(discountMinor);
  if (quantity === 0 || whole <= 0n) return 0;
  return Number((whole * BigInt(pieces)) / BigInt(quantity));
}

/** Whether nothing of an order is left to her. Pure. */
export function cameToNothing(order: OrderState): boolean {
  const { standing, payment, lines } = order;
  if (standing === 'cancelled' || payment === 'voided' || payment === 'refunded') return true;
  return lines.length > 0 && lines.every((line) => keptOf(line) === 0);
}

/**
 * How many of the points an order was paid with come back: all of one that came to nothing, else the share of goods she does
 * not have any more. Pure.
 */
export function pointsBack(order: OrderState, points: number): number {
  if (cameToNothing(order)) return points;
  const sum = (pieces: (line: OrderLine) => number) =>
    order.lines.reduce((all, line) => all + BigInt(valueOf(line, pieces(line))), 0n);
  const whole = sum(({ quantity }) => quantity);
  if (whole === 0n) return 0;
  return Number(BigInt(points) - (BigInt(points) * sum(keptOf) + whole - 1n) / whole);
}
