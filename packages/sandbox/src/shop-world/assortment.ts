import { PRODUCTS, type Product } from '../shop/catalogue.data.ts';
import type { SalesPlace } from './commerce-act.ts';

/** What the marketplace's shop sells; the rest is in the web shop and the stores. */
const MARKET_CATEGORIES: ReadonlySet<string> = new Set(['Garden', 'Light']);

/** As the shop's pages call it in their events. */
export const skuOf = ({ id }: Product): string => id.toLowerCase();

export function assortmentOf(place: SalesPlace): readonly Product[] {
  return PRODUCTS.filter(({ category }) => MARKET_CATEGORIES.has(category) === (place === 'market'));
}

const BY_SKU = new Map(PRODUCTS.map((product) => [skuOf(product), product]));

export function productOfSku(sku: string): Product {
  const product = BY_SKU.get(sku);
  if (product === undefined) throw new Error(`The shops do not sell ${sku}`);
  return product;
}
