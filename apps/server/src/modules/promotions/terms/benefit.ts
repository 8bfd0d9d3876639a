import type { CouponBenefit, CouponTerms } from '@segue/contract';
import { allocate, percentOf } from './allocate.ts';
import type { Cart, CartLine } from './cart.ts';
import { isEligible, matchesLine } from './match-line.ts';

/** What is still to be paid, after the coupons that were counted before. */
export interface Rest {
  /** By place of the line in the cart. */
  readonly lines: readonly number[];
  readonly shippingMinor: number;
}

/** What a benefit takes off, by place of the line. */
export interface Taken {
  readonly lines: readonly number[];
  readonly shippingMinor: number;
}

/** What a coupon takes off of what is left to be paid; never more than that, line by line. Pure. */
export function takeOff(terms: CouponTerms, cart: Cart, rest: Rest): Taken {
  const { benefit } = terms;
  switch (benefit.kind) {
    case 'percent': {
      const weights = eligibleRest(terms, cart, rest);
      const wished = percentOf(sumOf(weights), benefit.percent);
      return ofLines(allocate(capped(benefit.atMost, cart.currency, wished), weights));
    }
    case 'amount': {
      const weights = eligibleRest(terms, cart, rest);
      const amount = amountIn(benefit.amounts, cart.currency) ?? 0;
      return ofLines(allocate(Math.min(amount, sumOf(weights)), weights));
    }
    case 'free_shipping':
      return {
        lines: cart.lines.map(() => 0),
        shippingMinor: capped(benefit.atMost, cart.currency, rest.shippingMinor),
      };
    case 'buy_get': {
      const weights = cheapestPieces({ terms, benefit, cart, rest });
      return ofLines(allocate(percentOf(sumOf(weights), benefit.percent), weights));
    }
  }
}

/** The amount for a currency. Pure. */
export function amountIn(
  amounts: readonly { readonly amountMinor: number; readonly currency: string }[] | undefined,
  currency: string,
): number | undefined {
  return amounts?.find((one) => one.currency === currency)?.amountMinor;
}

function capped(atMost: Parameters<typeof amountIn>[0], currency: string, wished: number): number {
  if (atMost === undefined) return wished;
  return Math.min(wished, amountIn(atMost, currency) ?? 0);
}

function eligibleRest(terms: CouponTerms, { lines }: Cart, rest: Rest): number[] {
  return lines.map((line, place) => (isEligible(terms, line) ? rest.lines[place]! : 0));
}

function ofLines(lines: readonly number[]): Taken {
  return { lines, shippingMinor: 0 };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

interface BuyGet {
  readonly terms: CouponTerms;
  readonly benefit: Extract<CouponBenefit, { kind: 'buy_get' }>;
  readonly cart: Cart;
  readonly rest: Rest;
}

/** Which pieces may be bought, be reduced, or either, and how many of each there are. */
type Role = 'buy' | 'get' | 'both';

/**
 * What the reduced pieces cost, by place of the line: the cheapest that may be reduced, while enough others remain to be paid.
 * No piece is both. A piece costs its share of what is left of its line, rounded down.
 */
function cheapestPieces({ terms, benefit, cart, rest }: BuyGet): number[] {
  const roles = cart.lines.map((line) => roleOf(line, { terms, benefit }));
  const count = (role: Role) => sumOf(cart.lines.map((line, place) => (roles[place] === role ? line.quantity : 0)));
  const pieces = { buy: count('buy'), get: count('get'), both: count('both') };
  const times = timesOf(pieces, benefit);
  const worth = cart.lines.map(() => 0);
  let wanted = times * benefit.get;
  // Of pieces that may be either so many stay to be paid as the others do not suffice for.
  let spare = pieces.both - Math.max(0, times * benefit.buy - pieces.buy);
  const cheapestFirst = cart.lines
    .map((line, place) => ({ line, place, pieceMinor: rest.lines[place]! / line.quantity }))
    .filter(({ place }) => roles[place] === 'get' || roles[place] === 'both')
    .sort((a, b) => a.pieceMinor - b.pieceMinor || a.place - b.place);
  for (const { line, place } of cheapestFirst) {
    const taken = Math.min(wanted, line.quantity, roles[place] === 'both' ? spare : line.quantity);
    if (roles[place] === 'both') spare -= taken;
    wanted -= taken;
    worth[place] = Number((BigInt(rest.lines[place]!) * BigInt(taken)) / BigInt(line.quantity));
  }
  return worth;
}

function roleOf(line: CartLine, { terms, benefit }: Pick<BuyGet, 'terms' | 'benefit'>): Role | undefined {
  const buys = isEligible(terms, line);
  if (benefit.gets === undefined) return buys ? 'both' : undefined;
  const isReducible =
    !(terms.excludeSale && line.isOnSale) &&
    !(terms.except !== undefined && matchesLine(terms.except, line)) &&
    matchesLine(benefit.gets, line);
  if (buys && isReducible) return 'both';
  if (buys) return 'buy';
  return isReducible ? 'get' : undefined;
}

/** How often it fits: the most for which pieces to be paid and pieces to be reduced can be told apart. */
function timesOf(
  pieces: Readonly<Record<Role, number>>,
  { buy, get, times = Number.MAX_SAFE_INTEGER }: BuyGet['benefit'],
): number {
  const all = pieces.buy + pieces.get + pieces.both;
  let low = 0;
  let high = Math.min(times, Math.floor(all / (buy + get)));
  const fits = (k: number) => Math.max(0, k * buy - pieces.buy) + Math.max(0, k * get - pieces.get) <= pieces.both;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
