import type { JsonObject } from '../../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { ProductStatus } from '../products/product-input.ts';

/** A variant with what its product says. */
export interface VariantRow {
  readonly id: string;
  readonly productId: string;
  readonly sku: string | null;
  readonly barcode: string | null;
  readonly title: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly productTitle: string;
  readonly description: string | null;
  readonly vendor: string | null;
  readonly productType: string | null;
  readonly tags: readonly string[];
  readonly attributes: JsonObject;
  /** Names. */
  readonly collections: readonly string[];
  readonly imageUrl: string | null;
  readonly url: string | null;
  readonly status: ProductStatus;
  readonly backorder: 'deny' | 'continue';
  readonly requiresShipping: boolean;
  readonly rating: { readonly average: number; readonly count: number } | null;
  /** null: everywhere. */
  readonly regions: readonly string[] | null;
}

/** By id; who is not in the answer is not in the catalog. */
export async function readVariants(
  sql: Sql,
  workspaceId: number,
  variantIds: readonly string[],
): Promise<Map<string, VariantRow>> {
  if (variantIds.length === 0) return new Map();
  const { rows } = await sql.query<
    Omit<VariantRow, 'rating'> & { ratingAverage: number | null; ratingCount: number | null }
  >({
    name: 'variant_read',
    text: `select v.id, v.product_id as "productId", v.sku, v.barcode, v.title, v.options, p.title as "productTitle",
             p.description, p.vendor, p.product_type as "productType", p.tags, p.attributes,
             coalesce(v.image_url, p.media -> 0 ->> 'url') as "imageUrl", coalesce(v.url, p.url) as url,
             case when v.status = 'archived' then 'archived' else p.status end as status, v.backorder,
             v.requires_shipping as "requiresShipping", p.rating_average as "ratingAverage",
             p.rating_count as "ratingCount", p.regions,
             array(select distinct c.name from collection_product cp
               join collection c on c.workspace_id = cp.workspace_id and c.id = cp.collection_id
               where cp.workspace_id = $1 and cp.product_id = p.id order by c.name) as collections
           from variant v join product p on p.workspace_id = v.workspace_id and p.id = v.product_id
           where v.workspace_id = $1 and v.id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(variantIds)],
  });
  return new Map(
    rows.map(({ ratingAverage, ratingCount, ...row }) => {
      const rating = ratingAverage === null ? null : { average: ratingAverage, count: ratingCount ?? 0 };
      return [row.id, { ...row, rating }];
    }),
  );
}

/** Active ones of these codes, and of these products. By `variant_sku`, `variant_barcode` and `variant_product`. */
export async function listVariantsCalled(
  sql: Sql,
  workspaceId: number,
  {
    skus,
    barcodes,
    productIds,
  }: { skus: readonly string[]; barcodes: readonly string[]; productIds: readonly string[] },
): Promise<{ id: string; product_id: string; sku: string | null; barcode: string | null }[]> {
  if (skus.length + barcodes.length + productIds.length === 0) return [];
  const { rows } = await sql.query<{ id: string; product_id: string; sku: string | null; barcode: string | null }>({
    name: 'variant_called',
    text: `select id, product_id, sku, barcode from variant where workspace_id = $1 and sku = any($2::text[])
           union select id, product_id, sku, barcode from variant where workspace_id = $1 and barcode = any($3::text[])
           union select id, product_id, sku, barcode from variant
             where workspace_id = $1 and product_id = any($4::uuid[]) and status = 'active'`,
    values: [workspaceId, skus, barcodes, arrayLiteral(productIds)],
  });
  return rows;
}

/** What shops call products and variants of these ids, whichever source says it. */
export async function findRefsAnywhere(
  sql: Sql,
  workspaceId: number,
  externalIds: readonly string[],
): Promise<{ source: string; kind: string; external_id: string; internal_id: string }[]> {
  if (externalIds.length === 0) return [];
  const { rows } = await sql.query<{ source: string; kind: string; external_id: string; internal_id: string }>({
    name: 'external_ref_anywhere',
    text: `select source, kind, external_id, internal_id from external_ref
           where workspace_id = $1 and kind in ('product', 'variant') and external_id = any($2::text[])`,
    values: [workspaceId, externalIds],
  });
  return rows;
}
