import type { ProductMatch } from '@segue/contract';

/** What is known of one thing to buy: by the catalog where it is known there, else by what an event or order named. */
export interface ProductFacts {
  /** Every id it goes by: the catalog's, the shops'. */
  readonly productIds: readonly string[];
  readonly variantIds: readonly string[];
  readonly sku: string | null;
  readonly collections: readonly string[];
  readonly vendor: string | null;
  readonly type: string | null;
  readonly tags: readonly string[];
}

/** Whether everything that is said of the product holds. Ids and skus letter by letter, names without regard to case. Pure. */
export function matchesProduct(match: ProductMatch, facts: ProductFacts): boolean {
  const { product, variant, sku, collection, vendor, type, tag } = match;
  return (
    (product === undefined || facts.productIds.includes(product)) &&
    (variant === undefined || facts.variantIds.includes(variant)) &&
    (sku === undefined || facts.sku === sku) &&
    (collection === undefined || facts.collections.some((one) => isSame(one, collection))) &&
    (vendor === undefined || isSame(facts.vendor, vendor)) &&
    (type === undefined || isSame(facts.type, type)) &&
    (tag === undefined || facts.tags.some((one) => isSame(one, tag)))
  );
}

function isSame(a: string | null, b: string): boolean {
  return a !== null && folded(a) === folded(b);
}

function folded(name: string): string {
  return name.trim().normalize('NFC').toLowerCase();
}
