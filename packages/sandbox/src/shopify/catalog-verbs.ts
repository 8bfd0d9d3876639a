import { toMinor } from '../twin/decimal.ts';
import { presentLocation } from './present-stock.ts';
import { presentProduct } from './present-product.ts';
import type { ShopEventHead, ShopifyShop } from './shopify-shop.ts';
import {
  getVariant,
  levelKey,
  type ShopifyLocation,
  type ShopifyProduct,
  type ShopifyVariant,
} from './shopify-state.ts';

export interface NewLocation {
  readonly name: string;
  readonly city?: string;
  readonly countryCode?: string;
}

export function addLocation(
  shop: ShopifyShop,
  { name, city = 'Louisville', countryCode = 'US' }: NewLocation,
): ShopifyLocation {
  const head = shop.begin();
  const dated = { createdAtMs: head.atMs, updatedAtMs: head.atMs };
  const location: ShopifyLocation = { id: shop.newId(), name, city, countryCode, isActive: true, ...dated };
  shop.state.locations.set(location.id, location);
  shop.tell(head, 'locations/create', presentLocation(shop.identity, location));
  return location;
}

export function closeLocation(shop: ShopifyShop, locationId: string): void {
  const location = shop.state.locations.get(locationId);
  if (location === undefined) throw new Error(`The shop has no location ${locationId}`);
  const head = shop.begin();
  location.isActive = false;
  location.updatedAtMs = head.atMs;
  shop.tell(head, 'locations/deactivate', presentLocation(shop.identity, location));
}

export interface NewVariant {
  readonly sku: string;
  /** `"199.00"`. */
  readonly price: string;
  readonly compareAtPrice?: string;
  readonly barcode?: string;
  /** In the order of the product's options. */
  readonly optionValues?: readonly string[];
  /** Whether more is sold than there is; `deny` when left out. */
  readonly policy?: 'deny' | 'continue';
  readonly isTracked?: boolean;
  readonly requiresShipping?: boolean;
  /** By location id. */
  readonly stock?: Readonly<Record<string, number>>;
}

export interface NewProduct {
  readonly title: string;
  readonly bodyHtml?: string;
  readonly vendor?: string;
  readonly productType?: string;
  readonly tags?: readonly string[];
  readonly status?: ShopifyProduct['status'];
  readonly optionNames?: readonly string[];
  readonly imageUrls?: readonly string[];
  readonly variants: readonly NewVariant[];
}

export function addProduct(shop: ShopifyShop, given: NewProduct): ShopifyProduct {
  const head = shop.begin();
  const dated = { createdAtMs: head.atMs, updatedAtMs: head.atMs };
  const id = shop.newId();
  const product: ShopifyProduct = {
    ...{ id, title: given.title, bodyHtml: given.bodyHtml ?? '', vendor: given.vendor ?? shop.identity.name },
    ...{ productType: given.productType ?? '', tags: given.tags ?? [], status: given.status ?? 'active' },
    handle: given.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    options: (given.optionNames ?? ['Title']).map((name) => ({ id: shop.newId(), name })),
    images: (given.imageUrls ?? []).map((src) => ({ id: shop.newId(), src, alt: undefined })),
    variants: given.variants.map((variant, at) =>
      newVariant(shop, variant, { productId: id, position: at + 1, dated }),
    ),
    ...dated,
  };
  shop.state.products.set(id, product);
  for (const [at, variant] of product.variants.entries()) stock(shop, { variant, given: given.variants[at]!, head });
  shop.tell(head, 'products/create', presentProduct(shop, product));
  return product;
}

function newVariant(
  shop: ShopifyShop,
  given: NewVariant,
  of: { productId: string; position: number; dated: { createdAtMs: number; updatedAtMs: number } },
): ShopifyVariant {
  const { currency } = shop.identity;
  const optionValues = given.optionValues ?? ['Default Title'];
  return {
    ...{ id: shop.newId(), productId: of.productId, itemId: shop.newId(), position: of.position },
    ...{ title: optionValues.join(' / '), sku: given.sku, barcode: given.barcode, optionValues },
    priceMinor: toMinor(given.price, currency),
    compareAtMinor: given.compareAtPrice === undefined ? undefined : toMinor(given.compareAtPrice, currency),
    ...{ policy: given.policy ?? 'deny', requiresShipping: given.requiresShipping ?? true },
    ...of.dated,
  };
}

function stock(
  shop: ShopifyShop,
  { variant, given, head }: { variant: ShopifyVariant; given: NewVariant; head: ShopEventHead },
): void {
  const { itemId, productId, id: variantId, sku } = variant;
  const dated = { createdAtMs: head.atMs, updatedAtMs: head.atMs };
  shop.state.items.set(itemId, { id: itemId, variantId, productId, sku, isTracked: given.isTracked ?? true, ...dated });
  for (const [locationId, available] of Object.entries(given.stock ?? {}))
    shop.state.levels.set(levelKey(itemId, locationId), {
      ...{ itemId, locationId, available, committed: 0 },
      updatedAtMs: head.atMs,
    });
}

export function changePrice(
  shop: ShopifyShop,
  given: { readonly variantId: string; readonly price: string; readonly compareAtPrice?: string | null },
): void {
  const { variantId, price, compareAtPrice } = given;
  const { product, variant } = getVariant(shop.state, variantId);
  const head = shop.begin();
  variant.priceMinor = toMinor(price, shop.identity.currency);
  if (compareAtPrice !== undefined)
    variant.compareAtMinor = compareAtPrice === null ? undefined : toMinor(compareAtPrice, shop.identity.currency);
  variant.updatedAtMs = head.atMs;
  tellProduct(shop, product, head);
}

export function changeProduct(
  shop: ShopifyShop,
  productId: string,
  changes: Partial<Pick<ShopifyProduct, 'title' | 'bodyHtml' | 'vendor' | 'productType' | 'tags' | 'status'>>,
): void {
  const product = shop.state.products.get(productId);
  if (product === undefined) throw new Error(`The shop has no product ${productId}`);
  Object.assign(product, changes);
  tellProduct(shop, product, shop.begin());
}

export function deleteProduct(shop: ShopifyShop, productId: string): void {
  const product = shop.state.products.get(productId);
  if (product === undefined) throw new Error(`The shop has no product ${productId}`);
  const head = shop.begin();
  shop.state.products.delete(productId);
  for (const { itemId } of product.variants) {
    shop.state.items.delete(itemId);
    for (const key of [...shop.state.levels.keys()]) if (key.startsWith(`${itemId} `)) shop.state.levels.delete(key);
    shop.tell(head, 'inventory_items/delete', { id: BigInt(itemId) });
  }
  shop.tell(head, 'products/delete', { id: BigInt(productId) });
}

/** Also whenever it was ordered: its quantity is part of it. */
export function tellProduct(shop: ShopifyShop, product: ShopifyProduct, head: ShopEventHead): void {
  product.updatedAtMs = head.atMs;
  shop.tell(head, 'products/update', presentProduct(shop, product));
}
