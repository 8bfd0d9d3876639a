/** What a line is of, by every name that is known. */
export interface Thing {
  /** Of the catalog. */
  readonly variantId: string | null;
  readonly productRef: string | null;
  readonly variantRef: string | null;
  readonly sku: string | null;
  readonly name: string | null;
}

export interface LinePrice {
  readonly amountMinor: number;
  readonly currency: string;
}

/** What was said last of one line of a basket. Quantity 0: it was removed, and what is older does not bring it back. */
export interface Line extends Thing {
  readonly key: string;
  readonly quantity: number;
  readonly note: string | null;
  /** When it was added. */
  readonly price: LinePrice | null;
  readonly addedAtMs: number;
  readonly saidAtMs: number;
  readonly saidBy: string;
}

/** By key, removed ones too. */
export type Lines = ReadonlyMap<string, Line>;

export const QUANTITY_MAX = 9_999;

/**
 * Ends the name of whoever said a line, where Segue itself made it of others: a merge, an order. Sorts behind every sign that a
 * device may be called with, so that what a line was made of never counts for newer than the line.
 */
export const MADE = '~';

/** Whether `a` is the later word: by instant, then by who said it, then by what was said, so that every reader agrees. Pure. */
export function isLater(a: Line, b: Line): boolean {
  if (a.saidAtMs !== b.saidAtMs) return a.saidAtMs > b.saidAtMs;
  if (a.saidBy !== b.saidBy) return a.saidBy > b.saidBy;
  return textOf(a) > textOf(b);
}

/** The instant and author of what Segue makes of a line at an instant: later than the line is. Pure. */
export function saidLater(line: Line, atMs: number): Pick<Line, 'saidAtMs' | 'saidBy'> {
  if (atMs > line.saidAtMs) return { saidAtMs: atMs, saidBy: MADE };
  return { saidAtMs: line.saidAtMs, saidBy: line.saidBy + MADE };
}

/** Of two words about one line the later one. Commutative, associative, idempotent. Pure. */
export function joinLine(a: Line, b: Line): Line {
  return isLater(b, a) ? b : a;
}

/** Everything either has heard of. Pure. */
export function joinLines(a: Lines, b: Lines): Map<string, Line> {
  const joined = new Map(a);
  for (const [key, line] of b) {
    const known = joined.get(key);
    joined.set(key, known === undefined ? line : joinLine(known, line));
  }
  return joined;
}

/** What is said of the line, in one order of fields. */
function textOf({ quantity, note, price, addedAtMs, variantId, productRef, variantRef, sku, name }: Line): string {
  const of = [String(quantity).padStart(6, '0'), note, price?.amountMinor, price?.currency, addedAtMs];
  return JSON.stringify([...of, variantId, productRef, variantRef, sku, name]);
}
