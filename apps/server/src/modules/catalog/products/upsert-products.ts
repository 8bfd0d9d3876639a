import { createHash } from 'node:crypto';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { fileInCollections } from '../collections/file-in-collections.ts';
import type { ExternalRef, SourceVersion } from '../external-ref.ts';
import { putPrices } from '../prices/put-prices.ts';
import { findRefs, recordRefs } from '../refs/ref-store.ts';
import type { ProductInput, UpsertedProduct, VariantInput } from './product-input.ts';
import { addSearchWords } from './word-store.ts';
import {
  archiveProductRows,
  lockProducts,
  type ProductHead,
  productsOfSkus,
  type ProductWrite,
  putProducts,
  putVariants,
  variantsOfProducts,
  type VariantWrite,
} from './product-store.ts';

interface Named {
  readonly input: ProductInput;
  readonly id: string;
  readonly variantIds: ReadonlyMap<string, string>;
}

/**
 * Takes products as their sources know them. One is found by what its source calls it, else by the code (SKU) of its variants
 * where exactly one product has them: then it goes by both names, and the source that told of it first stays the one whose word
 * counts. Repeats, older words and any order of telling end the same.
 */
export async function upsertProducts(ctx: TxCtx, inputs: readonly ProductInput[]): Promise<UpsertedProduct[]> {
  const { sql, workspaceId } = ctx;
  const now = new Date(ctx.clock.now());
  const named = await nameProducts(ctx, inputs);
  const heads = await lockProducts(sql, workspaceId, [...new Set(named.map(({ id }) => id))].sort());
  const known = new Map<string, Pick<ProductHead, 'source' | 'source_at' | 'source_hash'>>(heads);
  const writes = new Map<string, Named & { write: ProductWrite }>();
  const outcomes = named.map((one): UpsertedProduct => {
    const { input, id, variantIds } = one;
    const head = known.get(id);
    if (head !== undefined && head.source !== input.ref.source) return { productId: id, variantIds, kind: 'joined' };
    const version = { at: new Date(input.version?.at ?? now.getTime()), hash: input.version?.hash ?? hashOf(input) };
    // Who gives no instant says the same again.
    if (input.version === undefined && head?.source_hash === version.hash)
      return { productId: id, variantIds, kind: 'same' };
    const order = head === undefined ? 1 : compareVersions(version, { at: head.source_at, hash: head.source_hash });
    if (order === 0) return { productId: id, variantIds, kind: 'same' };
    if (order < 0) return { productId: id, variantIds, kind: 'stale' };
    known.set(id, { source: input.ref.source, source_at: version.at, source_hash: version.hash });
    writes.set(id, { ...one, write: { id, ...version, input } });
    return { productId: id, variantIds, kind: heads.has(id) ? 'changed' : 'created' };
  });
  await write(ctx, [...writes.values()], now);
  return outcomes;
}

/** Products their source does not sell any more; a newer word of it brings them back. Answers how many. */
export async function archiveProducts(
  ctx: TxCtx,
  refs: readonly ExternalRef[],
  version?: SourceVersion,
): Promise<number> {
  const { sql, workspaceId } = ctx;
  const now = new Date(ctx.clock.now());
  const found = await findRefs(
    sql,
    workspaceId,
    refs.map((ref) => ({ ...ref, kind: 'product' })),
  );
  let archived = 0;
  for (const source of new Set(refs.map((ref) => ref.source))) {
    const ids = refs.flatMap((ref, at) => (ref.source === source ? (found[at] ?? []) : []));
    const at = version === undefined ? now : new Date(version.at);
    archived += await archiveProductRows(sql, workspaceId, { ids: [...ids].sort(), source, at, now });
  }
  return archived;
}

/** The words of a product alone: the same for the same product. Pure. */
function hashOf({ version: _version, ...input }: ProductInput): string {
  return createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 32);
}

function compareVersions(a: { at: Date; hash: string }, b: { at: Date; hash: string }): number {
  const at = a.at.getTime() - b.at.getTime();
  return at === 0 ? (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0) : at;
}

/** Gives every product and variant its id: the one it has, that of whose code it carries, or a new one. */
async function nameProducts(ctx: TxCtx, inputs: readonly ProductInput[]): Promise<Named[]> {
  const { sql, workspaceId } = ctx;
  const products = inputs.map(({ ref }) => ({ ...ref, kind: 'product' }));
  const known = await findRefs(sql, workspaceId, products);
  const skus = inputs.flatMap((input, at) => (known[at] === undefined ? skusOf(input) : []));
  const owners = await productsOfSkus(sql, workspaceId, [...new Set(skus)]);
  const nowMs = ctx.clock.now();
  const wished = inputs.map((input, at) => known[at] ?? soleOwner(owners, input) ?? newUuid(nowMs));
  const ids = await recordRefs(
    sql,
    workspaceId,
    products.map((ref, at) => ({ ...ref, internalId: wished[at]! })),
  );
  const twins = await variantsOfProducts(sql, workspaceId, [...new Set(ids)]);
  const variants = inputs.flatMap((input, at) => input.variants.map((variant) => ({ variant, productId: ids[at]! })));
  const refs = variants.map(({ variant }) => ({ ...variant.ref, kind: 'variant' }));
  const wishedIds = variants.map(({ variant, productId }) => twinOf(twins, variant, productId) ?? newUuid(nowMs));
  const variantIds = await recordRefs(
    sql,
    workspaceId,
    refs.map((ref, at) => ({ ...ref, internalId: wishedIds[at]! })),
  );
  const idOf = new Map(variants.map(({ variant }, at) => [variant, variantIds[at]!]));
  return inputs.map((input, at) => ({
    input,
    id: ids[at]!,
    variantIds: new Map(input.variants.map((variant) => [variant.ref.id, idOf.get(variant)!])),
  }));
}

function skusOf({ variants }: ProductInput): string[] {
  return variants.flatMap(({ sku }) => sku ?? []);
}

function soleOwner(owners: ReadonlyMap<string, ReadonlySet<string>>, input: ProductInput): string | undefined {
  const ids = new Set(skusOf(input).flatMap((sku) => [...(owners.get(sku) ?? [])]));
  return ids.size === 1 ? [...ids][0] : undefined;
}

function twinOf(
  twins: readonly { id: string; product_id: string; sku: string | null; barcode: string | null }[],
  { sku, barcode }: VariantInput,
  productId: string,
): string | undefined {
  const own = twins.filter((twin) => twin.product_id === productId);
  const bySku = sku === undefined ? [] : own.filter((twin) => twin.sku === sku);
  if (bySku.length === 1) return bySku[0]!.id;
  const byBarcode = barcode === undefined || sku !== undefined ? [] : own.filter((twin) => twin.barcode === barcode);
  return byBarcode.length === 1 ? byBarcode[0]!.id : undefined;
}

async function write(ctx: TxCtx, written: readonly (Named & { write: ProductWrite })[], now: Date): Promise<void> {
  const { sql, workspaceId } = ctx;
  if (written.length === 0) return;
  await putProducts(sql, workspaceId, { writes: written.map((one) => one.write), now });
  await addSearchWords(
    sql,
    workspaceId,
    written.map(({ id }) => id),
  );
  const variants = written.flatMap(({ id, input, variantIds }) =>
    input.variants.map((variant, place): VariantWrite => ({
      id: variantIds.get(variant.ref.id)!,
      productId: id,
      place,
      input: variant,
    })),
  );
  const distinct = [...new Map(variants.map((one) => [one.id, one])).values()];
  await putVariants(sql, workspaceId, { productIds: written.map(({ id }) => id), writes: distinct });
  const saidAt = new Map(written.map(({ id, write: { at } }) => [id, at]));
  const whole = new Set(written.filter(({ input }) => input.ref.source === 'api').map(({ id }) => id));
  const prices = distinct.map(({ id, productId, input }) => ({
    variantId: id,
    saidAt: saidAt.get(productId)!,
    prices: input.prices,
    isWhole: whole.has(productId),
  }));
  await putPrices(ctx, prices);
  await fileInCollections(
    ctx,
    written.map(({ id, input }) => ({ productId: id, names: input.collections ?? [] })),
  );
}
