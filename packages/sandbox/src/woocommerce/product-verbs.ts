import { toMinor } from '../twin/decimal.ts';
import type { WooShop } from './woo-shop.ts';
import { getProduct, getSellable, type WooProduct, type WooStock, type WooVariation } from './woo-state.ts';

export interface NewSellable {
  readonly sku: string;
  /** `"9.00"`. */
  readonly price: string;
  readonly salePrice?: string;
  /** Left out: nobody counts it. */
  readonly stock?: number;
  readonly backorders?: WooStock['backorders'];
}

export interface NewProduct extends NewSellable {
  readonly name: string;
  readonly description?: string;
  readonly categories?: readonly string[];
  readonly imageUrl?: string;
  /** Makes it a variable product. */
  readonly variations?: readonly (NewSellable & { readonly options: Readonly<Record<string, string>> })[];
}

export function addProduct(shop: WooShop, given: NewProduct): WooProduct {
  const id = shop.newPostId();
  const product: WooProduct = {
    ...{ id, type: given.variations === undefined ? 'simple' : 'variable', name: given.name, status: 'publish' },
    ...{ slug: given.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'), description: given.description ?? '' },
    ...{ categories: given.categories ?? [], imageUrl: given.imageUrl },
    ...sellable(shop, given),
    variations: (given.variations ?? []).map((one) => ({
      ...{ id: shop.newPostId(), parentId: id, options: one.options },
      ...sellable(shop, one),
    })),
  };
  shop.state.products.set(id, product);
  shop.tell('product', 'created', id);
  // A variation is a product of its own to the topics.
  for (const variation of product.variations) shop.tell('product', 'created', variation.id);
  return product;
}

function sellable(shop: WooShop, given: NewSellable) {
  const { currency } = shop.identity;
  const atMs = shop.now();
  return {
    ...{ sku: given.sku, managesStock: given.stock !== undefined, quantity: given.stock ?? 0 },
    ...{ backorders: given.backorders ?? ('no' as const), regularMinor: toMinor(given.price, currency) },
    saleMinor: given.salePrice === undefined ? undefined : toMinor(given.salePrice, currency),
    ...{ createdAtMs: atMs, modifiedAtMs: atMs },
  };
}

export interface SellableRef {
  readonly productId: number;
  readonly variationId?: number;
}

export function changePrice(
  shop: WooShop,
  given: SellableRef & { readonly price?: string; readonly salePrice?: string | null },
): void {
  const found = getSellable(shop.state, given);
  const { currency } = shop.identity;
  if (given.price !== undefined) found.sellable.regularMinor = toMinor(given.price, currency);
  if (given.salePrice !== undefined)
    found.sellable.saleMinor = given.salePrice === null ? undefined : toMinor(given.salePrice, currency);
  touch(shop, found);
}

export function changeProduct(
  shop: WooShop,
  productId: number,
  changes: Partial<Pick<WooProduct, 'name' | 'description' | 'status' | 'categories'>>,
): void {
  const product = getProduct(shop.state, productId);
  Object.assign(product, changes);
  touch(shop, { product, sellable: product });
}

export function setStock(shop: WooShop, given: SellableRef & { readonly quantity: number }): void {
  const found = getSellable(shop.state, given);
  found.sellable.managesStock = true;
  found.sellable.quantity = given.quantity;
  touch(shop, found);
}

/** Saved: a variation saves its product too, so that both are told. */
export function touch(
  shop: WooShop,
  { product, sellable: saved }: { product: WooProduct; sellable: WooProduct | WooVariation },
): void {
  saved.modifiedAtMs = shop.now();
  product.modifiedAtMs = shop.now();
  if (saved !== product) shop.tell('product', 'updated', saved.id);
  shop.tell('product', 'updated', product.id);
}

export function deleteProduct(shop: WooShop, productId: number): void {
  getProduct(shop.state, productId);
  shop.state.products.delete(productId);
  shop.tell('product', 'deleted', productId);
}
