import type { ProductFactsOfVariant } from '../../catalog/index.ts';
import { matchesProduct } from '../../segments/index.ts';
import type { Multiplier } from '../programs/program.ts';
import { tenThousandths } from './exact-points.ts';

/** What a line or an event calls a product where the catalog does not know it. */
export interface NamedProduct {
  readonly productRef: string | null;
  readonly variantRef: string | null;
  readonly sku: string | null;
}

/** By how much a product earns more or less than others, in ten-thousandths: the first that matches it counts. Pure. */
export function multiplierOf(
  multipliers: readonly Multiplier[],
  { named, known }: { named: NamedProduct; known: ProductFactsOfVariant | undefined },
): number {
  const facts = known ?? factsNamed(named);
  const found = multipliers.find(({ match }) => matchesProduct(match, facts));
  return tenThousandths(found?.by ?? 1);
}

function factsNamed({ productRef, variantRef, sku }: NamedProduct): ProductFactsOfVariant {
  return {
    productIds: productRef === null ? [] : [productRef],
    variantIds: variantRef === null ? [] : [variantRef],
    ...{ sku, collections: [], vendor: null, type: null, tags: [] },
  };
}
