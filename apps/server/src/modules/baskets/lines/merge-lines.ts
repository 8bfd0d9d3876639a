import type { BasketKind } from '@segue/contract';
import { joinLine, type Line, type LinePrice, type Lines, MADE, QUANTITY_MAX, type Thing } from './line.ts';

/** So many of the recently viewed are kept. */
export const VIEWED_MAX = 50;

/** How many of a line's variant can be sold; Infinity: nobody counts them. */
export type RoomOf = (line: Line) => number;

/**
 * Two baskets of one customer as one. A cart: quantities add up, as far as so many can be sold, and never to less than either
 * has. A wish list: all that is on either. Recently viewed: each product when it was viewed last. What one of them still has wins
 * over its removal from the other. Commutative and associative; pure.
 */
export function mergeLines(kind: BasketKind, [a, b]: readonly [Lines, Lines], roomOf: RoomOf): Map<string, Line> {
  const merged = new Map(a);
  for (const [key, line] of b) {
    const known = merged.get(key);
    merged.set(key, known === undefined ? line : mergeLine(kind, [known, line], roomOf));
  }
  return kind === 'viewed' ? newest(merged) : merged;
}

function mergeLine(kind: BasketKind, [a, b]: readonly [Line, Line], roomOf: RoomOf): Line {
  if (kind === 'viewed') return joinLine(a, b);
  const live = [a, b].filter(({ quantity }) => quantity > 0);
  if (live.length === 0) return joinLine(a, b);
  const most = Math.max(a.quantity, b.quantity);
  const sum = kind === 'cart' ? a.quantity + b.quantity : most;
  const quantity = Math.max(most, Math.min(sum, roomOf(a), QUANTITY_MAX));
  const [first, second = first] = live as [Line, Line?];
  const earlier = firstAdded(first, second);
  return {
    ...{ key: a.key, quantity },
    ...thingOf(first, second),
    note: fuller(first.note, second.note),
    price: earlier.price,
    addedAtMs: earlier.addedAtMs,
    ...saidAfter(a, b),
  };
}

/** The instant and author of what two lines became: no word that either was made of is later. */
function saidAfter(a: Line, b: Line): Pick<Line, 'saidAtMs' | 'saidBy'> {
  const [one, other] = [authorOf(a), authorOf(b)];
  const { saidAtMs, name, depth } = isAfter(one, other) ? one : other;
  return { saidAtMs, saidBy: name + MADE.repeat(Math.max(1, depth)) };
}

interface Author {
  readonly saidAtMs: number;
  readonly name: string;
  /** How often Segue made the line of itself. */
  readonly depth: number;
}

function authorOf({ saidAtMs, saidBy }: Line): Author {
  const name = saidBy.replace(/~+$/, '');
  return { saidAtMs, name, depth: saidBy.length - name.length };
}

function isAfter(a: Author, b: Author): boolean {
  if (a.saidAtMs !== b.saidAtMs) return a.saidAtMs > b.saidAtMs;
  return a.name === b.name ? a.depth > b.depth : a.name > b.name;
}

/** The most recently viewed. Pure. */
export function newest(lines: Lines): Map<string, Line> {
  const inOrder = [...lines].sort(
    ([key, a], [other, b]) => b.saidAtMs - a.saidAtMs || (key < other ? -1 : key > other ? 1 : 0),
  );
  return new Map(inOrder.slice(0, VIEWED_MAX));
}

/** The price she saw first. */
function firstAdded(a: Line, b: Line): Line {
  if (a.addedAtMs !== b.addedAtMs) return a.addedAtMs < b.addedAtMs ? a : b;
  return priceText(a.price) <= priceText(b.price) ? a : b;
}

function priceText(price: LinePrice | null): string {
  return price === null ? '~' : `${price.currency}${String(price.amountMinor).padStart(16, '0')}`;
}

/** Both are of the same thing: each name from whoever knows it. */
function thingOf(a: Thing, b: Thing): Thing {
  return {
    variantId: fuller(a.variantId, b.variantId),
    productRef: fuller(a.productRef, b.productRef),
    variantRef: fuller(a.variantRef, b.variantRef),
    sku: fuller(a.sku, b.sku),
    name: fuller(a.name, b.name),
  };
}

/** Of two texts the longer one, the same whichever is asked first. */
function fuller(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  if (a.length !== b.length) return a.length > b.length ? a : b;
  return a >= b ? a : b;
}
