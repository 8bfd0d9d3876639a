import type { JsonObject } from '../../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Media, ProductStatus } from './product-input.ts';

export interface ProductRow {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly description: string | null;
  readonly vendor: string | null;
  readonly product_type: string | null;
  readonly status: ProductStatus;
  readonly url: string | null;
  readonly tags: string[];
  readonly attributes: JsonObject;
  readonly options: { name: string; values: string[] }[];
  readonly media: Media[];
  readonly rating_average: number | null;
  readonly rating_count: number | null;
  readonly regions: string[] | null;
  readonly updated_at: Date;
  readonly collections: string[];
}

const COLUMNS = `p.id, p.source, p.title, p.description, p.vendor, p.product_type, p.status, p.url, p.tags, p.attributes,
  p.options, p.media, p.rating_average, p.rating_count, p.regions, p.updated_at,
  array(select distinct c.name from collection_product cp
    join collection c on c.workspace_id = cp.workspace_id and c.id = cp.collection_id
    where cp.workspace_id = p.workspace_id and cp.product_id = p.id order by c.name) as collections`;

/** What is looked for, as the search engine writes it. */
export interface ProductSearch {
  readonly query: string;
  /** The same in names and codes alone, and in these and kinds. */
  readonly inNames: string;
  readonly inKinds: string;
  /** A whole SKU or barcode, as it may be written. */
  readonly codes: readonly string[];
}

export interface ProductFilter {
  readonly search: ProductSearch | undefined;
  readonly collection: string | undefined;
  readonly vendor: string | undefined;
  readonly tag: string | undefined;
  readonly status: string | undefined;
  readonly region: string | undefined;
}

/**
 * The best match first, equal ones newest first; without a query newest first. A code is best, then names, then kinds and tags,
 * then texts. By `product_search`, `variant_sku`, `variant_barcode`.
 */
export async function pageProducts(
  sql: Sql,
  workspaceId: number,
  page: { filter: ProductFilter; after: { rank: number; id: string } | undefined; limit: number },
): Promise<(ProductRow & { rank: number })[]> {
  const { filter, after, limit } = page;
  const { search } = filter;
  const { rows } = await sql.query<ProductRow & { rank: number }>({
    text: `with coded as materialized (
             select distinct product_id from variant
             where workspace_id = $1 and (sku = any($11::text[]) or barcode = any($11::text[])) and status = 'active'),
           -- Not an "or" in the search itself: that would go through every product.
           matching as materialized (
             select id from product where workspace_id = $1 and search @@ to_tsquery('simple', $2)
             union select product_id from coded)
           select * from (
             select ${COLUMNS}, case when $2::text is null then 0
               else case when p.id in (select product_id from coded) then 8 else 0 end
                 + case when p.search @@ to_tsquery('simple', $12) then 4
                     when p.search @@ to_tsquery('simple', $13) then 2 else 0 end
                 + round(ts_rank(p.search, to_tsquery('simple', $2), 1)::numeric, 6)::float8 end as rank
             from product p
             where p.workspace_id = $1 and ($2::text is null or p.id in (select id from matching))
               and ($3::text is null or p.vendor = $3) and ($4::text is null or p.tags @> array[$4])
               and ($5::text is null or p.status = $5) and ($6::text is null or p.regions is null or $6 = any(p.regions))
               and ($7::text is null or exists (
                 select 1 from collection_product cp join collection c on c.workspace_id = cp.workspace_id and c.id = cp.collection_id
                 where cp.workspace_id = $1 and cp.product_id = p.id and c.handle = $7))) found
           where $8::float8 is null or (rank, id) < ($8, $9::uuid)
           order by rank desc, id desc limit $10`,
    values: [
      ...[workspaceId, search?.query ?? null, filter.vendor ?? null, filter.tag ?? null, filter.status ?? null],
      ...[filter.region ?? null, filter.collection ?? null, after?.rank ?? null, after?.id ?? null, limit],
      ...[search?.codes ?? [], search?.inNames ?? null, search?.inKinds ?? null],
    ],
  });
  return rows;
}

export async function findProduct(sql: Sql, workspaceId: number, id: string): Promise<ProductRow | undefined> {
  const { rows } = await sql.query<ProductRow>({
    text: `select ${COLUMNS} from product p where p.workspace_id = $1 and p.id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export interface ProductVariantRow {
  readonly id: string;
  readonly product_id: string;
  readonly sku: string | null;
  readonly barcode: string | null;
  readonly title: string | null;
  readonly options: Record<string, string>;
  readonly status: ProductStatus;
  readonly backorder: 'deny' | 'continue';
  readonly requires_shipping: boolean;
  readonly image_url: string | null;
  readonly url: string | null;
}

/** In the order of their product. By `variant_product`. */
export async function listVariantsOf(
  sql: Sql,
  workspaceId: number,
  productIds: readonly string[],
): Promise<ProductVariantRow[]> {
  if (productIds.length === 0) return [];
  const { rows } = await sql.query<ProductVariantRow>({
    text: `select id, product_id, sku, barcode, title, options, status, backorder, requires_shipping, image_url, url
           from variant where workspace_id = $1 and product_id = any($2::uuid[]) order by product_id, place, id`,
    values: [workspaceId, arrayLiteral(productIds)],
  });
  return rows;
}

/** Which of these are products. */
export async function findProductIds(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql.query<{ id: string }>({
    text: 'select id from product where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(ids)],
  });
  return new Set(rows.map((row) => row.id));
}

/** Out of sale, whoever its source is. */
export async function archiveProductRow(
  sql: Sql,
  workspaceId: number,
  { id, at }: { id: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update product set status = 'archived', updated_at = $3 where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, at],
  });
  return rowCount === 1;
}
