import { publicId } from '../../../platform/ids/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { listRefsOf } from '../refs/ref-store.ts';
import { readVariants, type VariantRow } from './variant-store.ts';

/** What rules ask of a thing to buy. */
export interface ProductFactsOfVariant {
  /** Every id it goes by: ours, and the shops'. */
  readonly productIds: readonly string[];
  readonly variantIds: readonly string[];
  readonly sku: string | null;
  readonly collections: readonly string[];
  readonly vendor: string | null;
  readonly type: string | null;
  readonly tags: readonly string[];
}

/** By variant; who is not in the answer is not in the catalog. Two queries. */
export async function readProductFacts(
  sql: Sql,
  workspaceId: number,
  variantIds: readonly string[],
): Promise<Map<string, ProductFactsOfVariant>> {
  const variants = await readVariants(sql, workspaceId, variantIds);
  const all = [...variants.values()];
  const refs = await listRefsOf(sql, workspaceId, [...new Set(all.flatMap(({ id, productId }) => [id, productId]))]);
  const idsOf = (id: string) => (refs.get(id) ?? []).map((ref) => ref.id);
  const factsOf = ({ id, productId, sku, collections, vendor, productType: type, tags }: VariantRow) => ({
    productIds: [publicId('prd', productId), ...idsOf(productId)],
    variantIds: [publicId('var', id), ...idsOf(id)],
    ...{ sku, collections, vendor, type, tags },
  });
  return new Map(all.map((variant) => [variant.id, factsOf(variant)]));
}
