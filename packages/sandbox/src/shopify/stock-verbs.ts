import { tellProduct } from './catalog-verbs.ts';
import { presentLevel } from './present-stock.ts';
import type { ShopEventHead, ShopifyShop } from './shopify-shop.ts';
import { getVariant, levelKey, type ShopifyLevel } from './shopify-state.ts';

/** What becomes of the pieces of one item at one place. */
export interface StockChange {
  readonly itemId: string;
  readonly locationId: string;
  readonly available: number;
  readonly committed: number;
}

export function setStock(
  shop: ShopifyShop,
  {
    variantId,
    locationId,
    available,
  }: { readonly variantId: string; readonly locationId: string; readonly available: number },
): void {
  const { itemId } = getVariant(shop.state, variantId).variant;
  const level = levelOf(shop, itemId, locationId);
  moveStock(shop, shop.begin(), [{ itemId, locationId, available: available - level.available, committed: 0 }]);
}

/** Moves pieces, and tells of every level and product whose quantity is another now. */
export function moveStock(shop: ShopifyShop, head: ShopEventHead, changes: readonly StockChange[]): void {
  const touched = new Set<ShopifyLevel>();
  for (const { itemId, locationId, available, committed } of changes) {
    const level = levelOf(shop, itemId, locationId);
    level.available += available;
    level.committed += committed;
    if (available !== 0) touched.add(level);
  }
  for (const level of touched) {
    level.updatedAtMs = head.atMs;
    shop.tell(head, 'inventory_levels/update', presentLevel(shop.identity, level));
  }
  const products = new Set([...touched].flatMap(({ itemId }) => shop.state.items.get(itemId)?.productId ?? []));
  for (const productId of products) {
    const product = shop.state.products.get(productId);
    if (product !== undefined) tellProduct(shop, product, head);
  }
}

export function levelOf(shop: ShopifyShop, itemId: string, locationId: string): ShopifyLevel {
  const key = levelKey(itemId, locationId);
  const known = shop.state.levels.get(key);
  if (known !== undefined) return known;
  if (!shop.state.locations.has(locationId)) throw new Error(`The shop has no location ${locationId}`);
  const level: ShopifyLevel = { itemId, locationId, available: 0, committed: 0, updatedAtMs: 0 };
  shop.state.levels.set(key, level);
  return level;
}
