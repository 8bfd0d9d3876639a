import { parsePublicId } from '../../../platform/ids/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { findRefsAnywhere, listVariantsCalled, readVariants, type VariantRow } from './variant-store.ts';

/** What an event, order or file calls a thing to buy: by any of its names. */
export interface VariantNames {
  /** Ours (`prd_…`), or the shop's. */
  readonly productId?: string | undefined;
  /** Ours (`var_…`), or the shop's. */
  readonly variantId?: string | undefined;
  readonly sku?: string | undefined;
  readonly barcode?: string | undefined;
  /** Whose ids these are, and nobody else's; left out: anybody's. */
  readonly source?: string | undefined;
}

/**
 * The variants that names lead to, in their order; undefined where to none, or to several. An id decides before a code, a code
 * before a product, and a product leads to its variant only where it has one. Four queries, whatever their number.
 */
export async function findVariants(
  sql: Sql,
  workspaceId: number,
  names: readonly VariantNames[],
): Promise<(VariantRow | undefined)[]> {
  if (names.length === 0) return [];
  const ids = names.flatMap(({ variantId, productId }) => [variantId, productId].filter((id) => id !== undefined));
  const refs = await findRefsAnywhere(sql, workspaceId, [...new Set(ids)]);
  const internal = (kind: 'product' | 'variant', id: string | undefined, source: string | undefined) => {
    if (id === undefined) return undefined;
    const ours = parsePublicId(kind === 'product' ? 'prd' : 'var', id);
    if (ours !== undefined) return ours;
    const called = refs.filter((ref) => ref.kind === kind && ref.external_id === id);
    // Two shops may each have a product 17.
    const own = source === undefined ? called : called.filter((ref) => ref.source === source);
    const meant = new Set(own.map((ref) => ref.internal_id));
    return meant.size === 1 ? [...meant][0] : undefined;
  };
  const products = names.map(({ productId, source }) => internal('product', productId, source));
  const called = await listVariantsCalled(sql, workspaceId, {
    skus: [...new Set(names.flatMap(({ sku }) => sku ?? []))],
    barcodes: [...new Set(names.flatMap(({ barcode }) => barcode ?? []))],
    productIds: [...new Set(products.filter((id) => id !== undefined))],
  });
  const meant = names.map(({ variantId, sku, barcode, source }, at) => {
    const product = products[at];
    const direct = internal('variant', variantId, source);
    if (direct !== undefined) return direct;
    const within = product === undefined ? called : called.filter((one) => one.product_id === product);
    return (
      only(sku === undefined ? [] : within.filter((one) => one.sku === sku)) ??
      only(barcode === undefined ? [] : within.filter((one) => one.barcode === barcode)) ??
      (sku === undefined && variantId === undefined && product !== undefined ? only(within) : undefined)
    );
  });
  const rows = await readVariants(sql, workspaceId, [...new Set(meant.filter((id) => id !== undefined))]);
  return meant.map((id) => (id === undefined ? undefined : rows.get(id)));
}

function only(found: readonly { readonly id: string }[]): string | undefined {
  const ids = new Set(found.map(({ id }) => id));
  return ids.size === 1 ? [...ids][0] : undefined;
}
