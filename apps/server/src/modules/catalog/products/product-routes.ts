import { api, type AnswerOf, type BodyOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { type Price, lowestPriorPrice, readPrices } from '../prices/read-prices.ts';
import { listPriceHistory, type PriceRow } from '../prices/price-store.ts';
import { listRefsOf } from '../refs/ref-store.ts';
import { readVariants } from '../variants/variant-store.ts';
import { planSearch } from './plan-search.ts';
import type { ProductInput } from './product-input.ts';
import {
  archiveProductRow,
  findProduct,
  listVariantsOf,
  pageProducts,
  type ProductRow,
  type ProductVariantRow,
} from './product-page-store.ts';
import { upsertProducts } from './upsert-products.ts';

const PRICES_SHOWN_MAX = 1_000;

/** What the shop sells. */
export const productRoutes: Routes = (serve) => {
  serve(api.putProducts, async ({ ctx, body }) => {
    const put = await upsertProducts(ctx, body.products.map(inputOf));
    const changed = put.filter(({ kind }) => kind === 'created' || kind === 'changed').length;
    await recordAudit(ctx, { action: 'catalog.put', subject: 'catalog', detail: { told: put.length, changed } });
    return {
      products: put.map(({ productId, variantIds, kind }, at) => ({
        ...{ id: publicId('prd', productId), ref: body.products[at]!.ref, kind },
        variants: [...variantIds].map(([ref, id]) => ({ ref, id: publicId('var', id) })),
      })),
    };
  });

  serve(api.listProducts, async ({ ctx, query }) => {
    const { limit, cursor, q, collection, vendor, tag, status, region } = query;
    const [rank, id] = decodeCursor(cursor, ['number', 'uuid']) ?? [];
    const search = q === undefined ? undefined : await planSearch(ctx.sql, ctx.workspaceId, q);
    const rows = await pageProducts(ctx.sql, ctx.workspaceId, {
      filter: { search, collection, vendor, tag, status, region },
      after: rank === undefined ? undefined : { rank: Number(rank), id: String(id) },
      limit: limit + 1,
    });
    const present = await presenter(ctx, rows.slice(0, limit), query);
    return toPage(rows, { limit, keyOf: (row) => [row.rank, row.id], present });
  });

  serve(api.getProduct, async ({ ctx, params, query }) => {
    const row = await findProduct(ctx.sql, ctx.workspaceId, requirePublicId('prd', params.id));
    if (row === undefined) throw noProduct();
    return (await presenter(ctx, [row], query))(row);
  });

  serve(api.archiveProduct, async ({ ctx, params }) => {
    const id = requirePublicId('prd', params.id);
    const at = new Date(ctx.clock.now());
    if (!(await archiveProductRow(ctx.sql, ctx.workspaceId, { id, at }))) throw noProduct();
    await recordAudit(ctx, { action: 'catalog.archived', subject: params.id });
  });

  serve(api.listPrices, async ({ ctx, params }) => {
    const variantId = requirePublicId('var', params.id);
    if (!(await readVariants(ctx.sql, ctx.workspaceId, [variantId])).has(variantId))
      throw new AppError('not_found', 'There is no such variant');
    const rows = await listPriceHistory(ctx.sql, ctx.workspaceId, { variantId, limit: PRICES_SHOWN_MAX });
    return { prices: rows.map((row) => presentPrice(row, rows)) };
  });
};

function noProduct(): AppError {
  return new AppError('not_found', 'There is no such product');
}

function inputOf({ ref, variants, ...product }: BodyOf<typeof api.putProducts>['products'][number]): ProductInput {
  return {
    ...product,
    ref: { source: 'api', id: ref },
    variants: variants.map(({ ref: id, prices, ...variant }) => ({
      ...variant,
      ref: { source: 'api', id },
      prices: prices.map(({ from, ...price }) => ({ ...price, ...(from !== undefined && { from: Date.parse(from) }) })),
    })),
  };
}

async function presenter(
  ctx: Ctx,
  rows: readonly ProductRow[],
  { channel = 'web', currency }: { channel?: string | undefined; currency?: string | undefined },
): Promise<(row: ProductRow) => AnswerOf<typeof api.getProduct>> {
  const { sql, workspaceId } = ctx;
  const ids = rows.map((row) => row.id);
  const variants = await listVariantsOf(sql, workspaceId, ids);
  const refs = await listRefsOf(sql, workspaceId, ids);
  const variantIds = variants.map((variant) => variant.id);
  const prices = await readPrices(sql, workspaceId, { variantIds, channel, currency, atMs: ctx.clock.now() });
  return (row) => ({
    id: publicId('prd', row.id),
    ...{ source: row.source, title: row.title, description: row.description, vendor: row.vendor, status: row.status },
    ...{
      productType: row.product_type,
      url: row.url,
      tags: row.tags,
      attributes: row.attributes,
      options: row.options,
    },
    media: row.media.map(({ url, alt, kind }) => ({ url, kind, ...(alt !== undefined && { alt }) })),
    collections: row.collections,
    rating: row.rating_average === null ? null : { average: row.rating_average, count: row.rating_count ?? 0 },
    regions: row.regions,
    refs: (refs.get(row.id) ?? []).map(({ source, id }) => ({ source, id })),
    variants: variants.filter((one) => one.product_id === row.id).map((one) => presentVariant(one, prices.get(one.id))),
    updatedAt: row.updated_at.toISOString(),
  });
}

function presentVariant(row: ProductVariantRow, price: Price | undefined) {
  const { sku, barcode, title, options, status, backorder, url } = row;
  return {
    id: publicId('var', row.id),
    ...{ sku, barcode, title, options, status, backorder, url },
    requiresShipping: row.requires_shipping,
    imageUrl: row.image_url,
    price: price ?? null,
  };
}

function presentPrice(row: PriceRow, all: readonly PriceRow[]) {
  const own = all.filter((one) => one.currency === row.currency && one.channel === row.channel);
  const before = own.find((one) => one.from_at < row.from_at);
  const isReduction =
    row.amount_minor !== null &&
    before !== undefined &&
    before.amount_minor !== null &&
    row.amount_minor < before.amount_minor;
  return {
    currency: row.currency,
    channel: row.channel === '' ? null : row.channel,
    from: row.from_at.toISOString(),
    amountMinor: row.amount_minor,
    compareAtMinor: row.compare_at_minor,
    lowestPriorMinor: isReduction ? lowestPriorPrice(own, row.from_at.getTime()) : null,
  };
}
