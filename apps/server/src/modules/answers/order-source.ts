/** Who numbers orders in this workspace. */
export interface OrderSources {
  /** The order book's own voice; undefined: it has said nothing yet. */
  readonly book: number | undefined;
  /** Shops that tell of their own orders: what a browser or a file of the past says may be any shop's. */
  readonly shops: ReadonlySet<number>;
  /** Of orders in the book. */
  readonly booked: ReadonlySet<string>;
}

/**
 * Whose order an event is about, as the order book names sources: the one its `affiliation` is, else the shop that sent it. Undefined:
 * it does not know; then a number alone is all there is. Pure.
 */
export function orderSourceOf(
  source: number | undefined,
  affiliation: string | undefined,
  { book, shops, booked }: OrderSources,
): string | undefined {
  const isBook = source !== undefined && source === book;
  if (affiliation !== undefined && (isBook || booked.has(affiliation))) return affiliation;
  return source !== undefined && shops.has(source) ? `events:${source}` : undefined;
}
