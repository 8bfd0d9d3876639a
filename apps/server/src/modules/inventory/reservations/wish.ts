import { createHash } from 'node:crypto';

export const RESERVATION_KINDS = ['cart_hold', 'order', 'preorder', 'pickup', 'transfer'] as const;
/** What stock is set apart for. A pre-order is of what is coming, everything else of what is there. */
export type ReservationKind = (typeof RESERVATION_KINDS)[number];

export const STRATEGIES = ['priority', 'most_stock', 'nearest', 'fewest_splits'] as const;
/** In which order locations are taken from. */
export type Strategy = (typeof STRATEGIES)[number];

export interface WishLine {
  readonly variantId: string;
  readonly quantity: number;
}

/** What somebody wants set apart, whole or not at all. */
export interface Wish {
  /** Who it is for: `cart:…`, `order:…`. One wish an owner. */
  readonly ownerRef: string;
  readonly kind: ReservationKind;
  readonly lines: readonly WishLine[];
  readonly channel: string;
  /** Default: `priority`. */
  readonly strategy?: Strategy | undefined;
  /** Only from these; left out: from every location that ships for the channel. */
  readonly locationIds?: readonly string[] | undefined;
  /** Where it goes, for `nearest`. */
  readonly near?: Place | undefined;
  readonly expiresAtMs?: number | undefined;
  /** Owners whose stock it may use: they hold nothing afterwards. The wish's own owner among them: it is changed. */
  readonly takesOver?: readonly string[] | undefined;
}

export interface Place {
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly country?: string | undefined;
  readonly postcode?: string | undefined;
}

/** Lines of one variant count once, summed. Pure. */
export function sumLines(lines: readonly WishLine[]): WishLine[] {
  const sums = new Map<string, number>();
  for (const { variantId, quantity } of lines) sums.set(variantId, (sums.get(variantId) ?? 0) + quantity);
  return [...sums]
    .map(([variantId, quantity]) => ({ variantId, quantity }))
    .sort((a, b) => compare(a.variantId, b.variantId));
}

/** What an item is needed for: pieces of a variant, or parts of a bundle. */
export type Components = ReadonlyMap<string, readonly { readonly itemId: string; readonly quantity: number }[]>;

/** What is counted for the lines, each item once. A variant without components is its own item. Pure. */
export function itemsOf(lines: readonly WishLine[], components: Components): Map<string, number> {
  const needs = new Map<string, number>();
  for (const { variantId, quantity } of lines) {
    for (const part of components.get(variantId) ?? [{ itemId: variantId, quantity: 1 }])
      needs.set(part.itemId, (needs.get(part.itemId) ?? 0) + part.quantity * quantity);
  }
  return needs;
}

/** The same for the same wish of an owner. Its expiry may differ. */
export function hashOf({ kind, lines, channel, locationIds }: Wish): Buffer {
  const said = JSON.stringify([kind, channel, [...(locationIds ?? [])].sort(), sumLines(lines)]);
  return createHash('sha256').update(said).digest().subarray(0, 16);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
