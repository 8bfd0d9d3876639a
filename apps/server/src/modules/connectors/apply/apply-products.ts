import {
  archiveProducts,
  findRefs,
  findVariants,
  type ProductInput,
  readPrices,
  recordRefs,
  type SourceVersion,
  upsertProducts,
} from '../../catalog/index.ts';
import type { ShopProduct, ShopVariant } from '../product-record.ts';
import { believes, tellsApart } from '../settings.ts';
import { type Applying, ownerOf } from './applying.ts';
import { listPieces, listVariantPieces, type NewPiece, type PieceRow, upsertPieces } from './piece-store.ts';
import { type HeldPrices, productInputOf } from './product-input.ts';
import type { SortedRecords, Told, ToldVariant } from './sort-records.ts';

const REVISION_DIGITS = 12;

/** What came that something may have waited for: `variant:17`, `inventory_item:17`, `sku:IPOD`. */
export type Came = readonly string[];

type ProductsTold = Pick<SortedRecords, 'products' | 'goneProducts' | 'variants'>;

/** Products and variants as their shop tells them. */
export async function applyProducts(applying: Applying, told: ProductsTold): Promise<Came> {
  if (told.products.length + told.goneProducts.length + told.variants.length === 0) return [];
  if (!believes(applying.settings, 'products')) return linkVariants(applying, variantsIn(told));
  await upsertPieces(applying.ctx.sql, ownerOf(applying), { kind: 'product_gone', pieces: orphans(told.goneProducts) });
  return tellsApart(applying.connector) ? assembleProducts(applying, told) : takeProducts(applying, told);
}

function orphans<T extends object>(told: readonly Told<T>[]): NewPiece[] {
  return told.map((one) => ({ ...one, parentId: undefined }));
}

/** Whole products: the catalog knows which word is the newest. */
async function takeProducts(applying: Applying, { products, goneProducts }: ProductsTold): Promise<Came> {
  const { connector, settings } = applying;
  const { source } = connector;
  const there = products.flatMap(({ hash, value }) => (value === undefined ? [] : [{ hash, product: value }]));
  const variants = there.flatMap(({ product }) => product.variants ?? []);
  const held = await heldPrices(applying, variants);
  const inputs = there.map(({ hash, product }) =>
    productInputOf(product, {
      ...{ source, settings, variants: product.variants ?? [], version: { at: product.atMs, hash }, held },
    }),
  );
  await putProducts(applying, {
    inputs,
    ids: [...inputs.map(({ ref }) => ref.id), ...goneProducts.map(({ id }) => id)],
  });
  await recordItems(applying, variants);
  return namesOf(variants);
}

/** What they cost here already; nothing where the shop is believed about it. */
async function heldPrices(applying: Applying, variants: readonly ShopVariant[]): Promise<HeldPrices> {
  const { ctx, connector, settings } = applying;
  if (believes(settings, 'prices')) return new Map();
  const refs = variants.map(({ id }) => ({ source: connector.source, id, kind: 'variant' }));
  const ids = await findRefs(ctx.sql, ctx.workspaceId, refs);
  const variantIds = ids.flatMap((id) => id ?? []);
  const prices = await readPrices(ctx.sql, ctx.workspaceId, { variantIds, channel: '', atMs: ctx.clock.now() });
  return new Map(
    variants.flatMap(({ id }, at) => {
      const price = prices.get(ids[at] ?? '');
      if (price === undefined) return [];
      const { amountMinor, currency, compareAtMinor } = price;
      return [[id, { amountMinor, currency, ...(compareAtMinor !== null && { compareAtMinor }) }] as const];
    }),
  );
}

/** A product that was deleted is kept as one that is not sold any more, also when that was told before it was told of at all. */
async function putProducts(
  applying: Applying,
  { inputs, ids }: { inputs: readonly ProductInput[]; ids: readonly string[] },
): Promise<void> {
  const { ctx, connector } = applying;
  if (inputs.length > 0) await upsertProducts(ctx, inputs);
  const gone = await listPieces(ctx.sql, ownerOf(applying), { kind: 'product_gone', ids: [...new Set(ids)] });
  for (const { external_id: id, version_at: at } of gone) {
    await archiveProducts(ctx, [{ source: connector.source, id }], { at: at.getTime() });
  }
}

/** Products whose shop tells them and their variants apart: put together from the newest word about each. */
async function assembleProducts(applying: Applying, told: ProductsTold): Promise<Came> {
  const { ctx, connector, settings } = applying;
  const { source } = connector;
  const of = ownerOf(applying);
  const newProducts = await upsertPieces(ctx.sql, of, { kind: 'product', pieces: orphans(told.products) });
  const newVariants = await upsertPieces(ctx.sql, of, {
    kind: 'variant',
    pieces: told.variants.map((one) => ({ ...one, parentId: one.value?.productId })),
  });
  const parents = await listPieces(ctx.sql, of, { kind: 'variant', ids: [...newVariants] });
  const ids = new Set([...newProducts, ...parents.flatMap(({ parent_id: id }) => (id === null ? [] : [id]))]);
  const rows = await listPieces(ctx.sql, of, { kind: 'product', ids: [...ids] });
  const variantRows = await listVariantPieces(ctx.sql, of, [...ids]);
  const wholes = rows.map((row) => {
    const product = row.record as unknown as ShopProduct;
    const own = variantRows.filter((one) => one.parent_id === row.external_id);
    return { product, variants: product.variants ?? variantsOf(own), version: versionOf([row, ...own]) };
  });
  const came = wholes.flatMap(({ variants }) => variants);
  const held = await heldPrices(applying, came);
  const inputs = wholes.flatMap(({ product, variants, version }): ProductInput[] => {
    // Without a variant there is nothing to sell; it comes with the first.
    if (variants.length === 0) return [];
    return [productInputOf(product, { source, settings, variants, version, held })];
  });
  await putProducts(applying, { inputs, ids: [...ids, ...told.goneProducts.map(({ id }) => id)] });
  return namesOf(came);
}

function variantsOf(pieces: readonly PieceRow[]): ShopVariant[] {
  return pieces.map(({ record }) => (record as unknown as ToldVariant).variant);
}

/** Of all its pieces: it only ever grows, whichever of them changes. */
function versionOf(pieces: readonly PieceRow[]): SourceVersion {
  const at = Math.max(...pieces.map((piece) => piece.version_at.getTime()));
  const words = pieces.reduce((sum, { revision }) => sum + revision, 0);
  return { at, hash: String(words).padStart(REVISION_DIGITS, '0') };
}

/** Of a shop that is not believed about products: its variants are ours of the same code. */
async function linkVariants(applying: Applying, variants: readonly ShopVariant[]): Promise<Came> {
  const { ctx, connector } = applying;
  const coded = variants.filter(({ sku, barcode }) => sku !== undefined || barcode !== undefined);
  if (coded.length === 0) return [];
  const found = await findVariants(
    ctx.sql,
    ctx.workspaceId,
    coded.map(({ sku, barcode }) => ({ ...(sku !== undefined && { sku }), ...(barcode !== undefined && { barcode }) })),
  );
  const linked = coded.flatMap((variant, at) =>
    found[at] === undefined ? [] : [{ variant, internalId: found[at].id }],
  );
  if (linked.length === 0) return [];
  await recordRefs(
    ctx.sql,
    ctx.workspaceId,
    linked.map(({ variant, internalId }) => ({
      source: connector.source,
      id: variant.id,
      kind: 'variant',
      internalId,
    })),
  );
  const ours = linked.map(({ variant }) => variant);
  await recordItems(applying, ours);
  return namesOf(ours);
}

/** Which variant is behind what the shop counts stock by. */
async function recordItems(applying: Applying, variants: readonly ShopVariant[]): Promise<void> {
  const { ctx, connector } = applying;
  const { source } = connector;
  const items = variants.flatMap(({ id, inventoryItemId: item }) => (item === undefined ? [] : [{ id, item }]));
  if (items.length === 0) return;
  const found = await findRefs(
    ctx.sql,
    ctx.workspaceId,
    items.map(({ id }) => ({ source, id, kind: 'variant' })),
  );
  const refs = items.flatMap(({ item }, at) =>
    found[at] === undefined ? [] : [{ source, id: item, kind: 'inventory_item', internalId: found[at] }],
  );
  if (refs.length > 0) await recordRefs(ctx.sql, ctx.workspaceId, refs);
}

/** What the shop counts stock by, told by itself: its code says which variant it is. */
export async function applyItems(
  applying: Applying,
  told: readonly Told<{ readonly sku: string | undefined }>[],
): Promise<Came> {
  const { ctx, connector } = applying;
  const { source } = connector;
  const coded = told.flatMap(({ id, value }) => (value?.sku === undefined ? [] : [{ id, sku: value.sku }]));
  if (coded.length === 0) return [];
  const refs = coded.map(({ id }) => ({ source, id, kind: 'inventory_item' }));
  const known = await findRefs(ctx.sql, ctx.workspaceId, refs);
  const unknown = coded.filter((_item, at) => known[at] === undefined);
  if (unknown.length === 0) return [];
  const found = await findVariants(
    ctx.sql,
    ctx.workspaceId,
    unknown.map(({ sku }) => ({ sku })),
  );
  const made = unknown.flatMap(({ id }, at) =>
    found[at] === undefined ? [] : [{ source, id, kind: 'inventory_item', internalId: found[at].id }],
  );
  if (made.length > 0) await recordRefs(ctx.sql, ctx.workspaceId, made);
  return made.map(({ id }) => `inventory_item:${id}`);
}

function variantsIn(told: ProductsTold): ShopVariant[] {
  return [
    ...told.products.flatMap(({ value }) => value?.variants ?? []),
    ...told.variants.flatMap(({ value }) => (value === undefined ? [] : [value.variant])),
  ];
}

function namesOf(variants: readonly ShopVariant[]): string[] {
  return variants.flatMap(({ id, sku, inventoryItemId }) => [
    `variant:${id}`,
    ...(sku === undefined ? [] : [`sku:${sku}`]),
    ...(inventoryItemId === undefined ? [] : [`inventory_item:${inventoryItemId}`]),
  ]);
}
