import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { ProductInput, VariantInput } from './product-input.ts';
import { searchTexts } from './search-text.ts';

export interface ProductHead {
  readonly id: string;
  readonly source: string;
  readonly source_at: Date;
  readonly source_hash: string;
}

/** Locked, in one order for all. */
export async function lockProducts(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<Map<string, ProductHead>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql.query<ProductHead>({
    name: 'product_lock',
    text: `select id, source, source_at, source_hash from product
           where workspace_id = $1 and id = any($2::uuid[]) order by id for update`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** Which products have variants of these codes. By `variant_sku`. */
export async function productsOfSkus(
  sql: Sql,
  workspaceId: number,
  skus: readonly string[],
): Promise<Map<string, Set<string>>> {
  const owners = new Map<string, Set<string>>();
  if (skus.length === 0) return owners;
  const { rows } = await sql.query<{ sku: string; product_id: string }>({
    name: 'variant_products_of_skus',
    text: `select sku, product_id from variant where workspace_id = $1 and sku = any($2::text[]) and status = 'active'`,
    values: [workspaceId, skus],
  });
  for (const { sku, product_id: id } of rows) owners.set(sku, (owners.get(sku) ?? new Set()).add(id));
  return owners;
}

export interface ProductWrite {
  readonly id: string;
  readonly at: Date;
  readonly hash: string;
  readonly input: ProductInput;
}

export async function putProducts(
  sql: Sql,
  workspaceId: number,
  { writes, now }: { writes: readonly ProductWrite[]; now: Date },
): Promise<void> {
  if (writes.length === 0) return;
  const rows = writes.map(({ id, at, hash, input }) => ({
    ...{ id, source: input.ref.source, source_at: at.toISOString(), source_hash: hash, title: input.title },
    ...{
      description: input.description ?? null,
      vendor: input.vendor ?? null,
      product_type: input.productType ?? null,
    },
    ...{ status: input.status, url: input.url ?? null, tags: input.tags ?? [], attributes: input.attributes ?? {} },
    ...{ options: input.options ?? [], media: input.media ?? [], rating_average: input.rating?.average ?? null },
    ...{
      rating_count: input.rating?.count ?? null,
      regions: input.availability?.regions ?? null,
      ...searchTexts(input),
    },
  }));
  await sql.query({
    name: 'product_put',
    text: `insert into product (workspace_id, id, source, source_at, source_hash, title, description, vendor, product_type,
             status, url, tags, attributes, options, media, rating_average, rating_count, regions, search, created_at,
             updated_at)
           select $1, p.id, p.source, p.source_at, p.source_hash, p.title, p.description, p.vendor, p.product_type, p.status,
             p.url, p.tags, p.attributes, p.options, p.media, p.rating_average, p.rating_count, p.regions,
             setweight(to_tsvector('simple', p.search_name), 'A') || setweight(to_tsvector('simple', p.search_kind), 'B')
               || setweight(to_tsvector('simple', p.search_text), 'C'), $3, $3
           from jsonb_to_recordset($2::jsonb) as p(id uuid, source text, source_at timestamptz, source_hash text, title text,
             description text, vendor text, product_type text, status text, url text, tags text[], attributes jsonb,
             options jsonb, media jsonb, rating_average double precision, rating_count int, regions text[],
             search_name text, search_kind text, search_text text)
           on conflict (workspace_id, id) do update set source = excluded.source, source_at = excluded.source_at,
             source_hash = excluded.source_hash, title = excluded.title, description = excluded.description,
             vendor = excluded.vendor, product_type = excluded.product_type, status = excluded.status, url = excluded.url,
             tags = excluded.tags, attributes = excluded.attributes, options = excluded.options, media = excluded.media,
             rating_average = excluded.rating_average, rating_count = excluded.rating_count, regions = excluded.regions,
             search = excluded.search, updated_at = excluded.updated_at`,
    values: [workspaceId, JSON.stringify(rows), now],
  });
}

export interface VariantWrite {
  readonly id: string;
  readonly productId: string;
  readonly place: number;
  readonly input: VariantInput;
}

/** Variants of these products that are not among the written ones are not sold any more. */
export async function putVariants(
  sql: Sql,
  workspaceId: number,
  { productIds, writes }: { productIds: readonly string[]; writes: readonly VariantWrite[] },
): Promise<void> {
  if (productIds.length === 0) return;
  const rows = writes.map(({ id, productId, place, input }) => ({
    ...{ id, product_id: productId, place, sku: input.sku ?? null, barcode: input.barcode ?? null },
    ...{ title: input.title ?? null, options: input.options ?? {}, cost_minor: input.cost?.amountMinor ?? null },
    ...{ cost_currency: input.cost?.currency ?? null, requires_shipping: input.requiresShipping ?? true },
    ...{ backorder: input.backorder ?? 'deny', image_url: input.imageUrl ?? null, url: input.url ?? null },
  }));
  await sql.query({
    name: 'variant_put',
    text: `with v as (
             select * from jsonb_to_recordset($3::jsonb) as v(id uuid, product_id uuid, place int, sku text, barcode text,
               title text, options jsonb, cost_minor bigint, cost_currency text, requires_shipping boolean, backorder text,
               image_url text, url text)),
           gone as (
             update variant o set status = 'archived' where o.workspace_id = $1 and o.product_id = any($2::uuid[])
               and o.status = 'active' and not exists (select 1 from v where v.id = o.id))
           insert into variant (workspace_id, id, product_id, place, sku, barcode, title, options, cost_minor, cost_currency,
             requires_shipping, backorder, image_url, url, status)
           select $1, v.*, 'active' from v
           on conflict (workspace_id, id) do update set product_id = excluded.product_id, place = excluded.place,
             sku = excluded.sku, barcode = excluded.barcode, title = excluded.title, options = excluded.options,
             cost_minor = excluded.cost_minor, cost_currency = excluded.cost_currency,
             requires_shipping = excluded.requires_shipping, backorder = excluded.backorder,
             image_url = excluded.image_url, url = excluded.url, status = 'active'`,
    values: [workspaceId, arrayLiteral(productIds), JSON.stringify(rows)],
  });
}

/** Archives what the source says is gone, unless it has said something newer. Answers how many. */
export async function archiveProductRows(
  sql: Sql,
  workspaceId: number,
  { ids, source, at, now }: { ids: readonly string[]; source: string; at: Date; now: Date },
): Promise<number> {
  if (ids.length === 0) return 0;
  const { rowCount } = await sql.query({
    name: 'product_archive',
    text: `update product set status = 'archived', source_at = $4, source_hash = '', updated_at = $5
           where workspace_id = $1 and id = any($2::uuid[]) and source = $3 and source_at <= $4`,
    values: [workspaceId, arrayLiteral(ids), source, at, now],
  });
  return rowCount;
}

/** Which of our variants are called by these codes already, in one product. */
export async function variantsOfProducts(
  sql: Sql,
  workspaceId: number,
  productIds: readonly string[],
): Promise<{ id: string; product_id: string; sku: string | null; barcode: string | null }[]> {
  if (productIds.length === 0) return [];
  const { rows } = await sql.query<{ id: string; product_id: string; sku: string | null; barcode: string | null }>({
    name: 'variant_of_products',
    text: `select id, product_id, sku, barcode from variant where workspace_id = $1 and product_id = any($2::uuid[])
           order by product_id, place, id`,
    values: [workspaceId, arrayLiteral(productIds)],
  });
  return rows;
}
