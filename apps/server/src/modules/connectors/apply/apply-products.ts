import {
  archiveProducts,
  findRefs,
  findVariants,
  recordRefs,
  type SourceVersion,
  upsertProducts,
} from '../../catalog/index.ts';
import type { ShopProduct, ShopVariant } from '../product-record.ts';
import { believes, tellsApart } from '../settings.ts';
import { type Applying, ownerOf } from './applying.ts';
import { listPieces, listVariantPieces, type PieceRow, upsertPieces } from './piece-store.ts';
import { productInputOf } from './product-input.ts';
import type { Told, ToldVariant } from './sort-records.ts';

const REVISION_DIGITS = 12;

/** What came that something may have waited for: `variant:17`, `inventory_item:17`, `sku:IPOD`. */
export type Came = readonly string[];

/** Products and variants as their shop tells them. */
export async function applyProducts(
  applying: Applying,
  told: { products: readonly Told<ShopProduct>[]; variants: readonly Told<ToldVariant>[] },
): Promise<Came> {
  if (told.products.length + told.variants.length === 0) return [];
  if (!believes(applying.settings, 'products')) return linkVariants(applying, variantsIn(told));
  return tellsApart(applying.connector) ? assembleProducts(applying, told) : takeProducts(applying, told.products);
}

/** Whole products: the catalog knows which word is the newest. */
async function takeProducts(applying: Applying, told: readonly Told<ShopProduct>[]): Promise<Came> {
  const { ctx, connector, settings } = applying;
  const { source } = connector;
  const there = told.flatMap(({ hash, value }) => (value === undefined ? [] : [{ hash, product: value }]));
  if (there.length > 0) {
    await upsertProducts(
      ctx,
      there.map(({ hash, product }) =>
        productInputOf(product, {
          source,
          settings,
          variants: product.variants ?? [],
          version: { at: product.atMs, hash },
        }),
      ),
    );
  }
  for (const { id, atMs, value } of told) {
    if (value === undefined) await archiveProducts(ctx, [{ source, id }], { at: atMs });
  }
  const variants = there.flatMap(({ product }) => product.variants ?? []);
  await recordItems(applying, variants);
  return namesOf(variants);
}

/** Products whose shop tells them and their variants apart: put together from the newest word about each. */
async function assembleProducts(
  applying: Applying,
  told: { products: readonly Told<ShopProduct>[]; variants: readonly Told<ToldVariant>[] },
): Promise<Came> {
  const { ctx, connector, settings } = applying;
  const of = ownerOf(applying);
  const newProducts = await upsertPieces(ctx.sql, of, {
    kind: 'product',
    pieces: told.products.map((one) => ({ ...one, parentId: undefined })),
  });
  const newVariants = await upsertPieces(ctx.sql, of, {
    kind: 'variant',
    pieces: told.variants.map((one) => ({ ...one, parentId: one.value?.productId })),
  });
  const parents = await listPieces(ctx.sql, of, { kind: 'variant', ids: [...newVariants] });
  const ids = new Set([...newProducts, ...parents.flatMap(({ parent_id: id }) => (id === null ? [] : [id]))]);
  const rows = await listPieces(ctx.sql, of, { kind: 'product', ids: [...ids] });
  const variantRows = await listVariantPieces(ctx.sql, of, [...ids]);
  const { source } = connector;
  const came: ShopVariant[] = [];
  const inputs = rows.flatMap((row) => {
    if (row.is_gone || row.record === null) return [];
    const product = row.record as unknown as ShopProduct;
    const own = variantRows.filter((one) => one.parent_id === row.external_id);
    const variants = product.variants ?? variantsOf(own);
    came.push(...variants);
    // Without a variant there is nothing to sell; it comes with the first.
    return variants.length === 0
      ? []
      : [productInputOf(product, { source, settings, variants, version: versionOf([row, ...own]) })];
  });
  if (inputs.length > 0) await upsertProducts(ctx, inputs);
  for (const { external_id: id, is_gone: isGone, version_at: at } of rows) {
    if (isGone) await archiveProducts(ctx, [{ source, id }], { at: at.getTime() });
  }
  return namesOf(came);
}

function variantsOf(pieces: readonly PieceRow[]): ShopVariant[] {
  return pieces.flatMap(({ is_gone: isGone, record }) =>
    isGone || record === null ? [] : [(record as unknown as ToldVariant).variant],
  );
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

function variantsIn(told: {
  products: readonly Told<ShopProduct>[];
  variants: readonly Told<ToldVariant>[];
}): ShopVariant[] {
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
