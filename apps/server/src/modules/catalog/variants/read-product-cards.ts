import { formatAmount } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { type Price, readPrices } from '../prices/read-prices.ts';
import { readVariants, type VariantRow } from './variant-store.ts';

/** What templates and answers show of variants: title, picture, price, link. By variant. */
export async function readProductCards(
  sql: Sql,
  workspaceId: number,
  query: { variantIds: readonly string[]; channel: string; currency?: string | undefined; atMs: number },
): Promise<Map<string, JsonObject>> {
  const variants = await readVariants(sql, workspaceId, query.variantIds);
  const prices = await readPrices(sql, workspaceId, query);
  return new Map([...variants].map(([id, variant]) => [id, cardOf(variant, prices.get(id))]));
}

/** Pure. */
export function cardOf(variant: VariantRow, price: Price | undefined): JsonObject {
  const reduced =
    price !== undefined && price.compareAtMinor !== null && price.compareAtMinor > price.amountMinor
      ? price.compareAtMinor
      : null;
  return {
    product_id: publicId('prd', variant.productId),
    variant_id: publicId('var', variant.id),
    name: variant.productTitle,
    variant: variant.title,
    sku: variant.sku,
    brand: variant.vendor,
    category: variant.productType,
    image_url: variant.imageUrl,
    url: variant.url,
    rating: variant.rating === null ? null : { ...variant.rating },
    ...(price !== undefined && {
      price: formatAmount(price.amountMinor, price.currency),
      currency: price.currency,
      compare_at_price: reduced === null ? null : formatAmount(reduced, price.currency),
      is_on_sale: reduced !== null,
    }),
  };
}
