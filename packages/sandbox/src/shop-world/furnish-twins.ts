import { CURRENCY } from '../shop/catalogue.data.ts';
import type { ShopifyTwin } from '../shopify/index.ts';
import { toDecimal } from '../twin/decimal.ts';
import type { WooTwin } from '../woocommerce/index.ts';
import { assortmentOf, skuOf } from './assortment.ts';

/** The two stores and the warehouse of the web shop; the till stands in the first. */
export const STORES = ['Harbour store', 'Mill Lane store'] as const;
const WAREHOUSE = 'Warehouse';
const IN_STORE = 6;
const IN_WAREHOUSE = 20;
const IN_MARKET = 15;

/** Gives shops without products their assortment, stock and a code. */
export function furnishTwins({ shopify, woo, shopUrl }: { shopify: ShopifyTwin; woo: WooTwin; shopUrl: string }): void {
  if (shopify.shop.state.products.size === 0) furnishWebShop(shopify, shopUrl);
  if (woo.shop.state.products.size === 0) furnishMarket(woo, shopUrl);
}

function furnishWebShop(shopify: ShopifyTwin, shopUrl: string): void {
  // Web orders are sent from the first place that has all of it.
  const warehouse = shopify.addLocation({ name: WAREHOUSE, city: 'Hamburg', countryCode: 'DE' });
  const stores = STORES.map((name) => shopify.addLocation({ name, city: 'Hamburg', countryCode: 'DE' }));
  shopify.addDiscount({ code: 'PEBBLE10', percent: 10 });
  for (const product of assortmentOf('online')) {
    const inStores = stores.map(({ id }) => [id, IN_STORE] as const);
    shopify.addProduct({
      ...{ title: product.name, productType: product.category, tags: [product.category], optionNames: ['Kind'] },
      imageUrls: [`${shopUrl}products/${product.id}.svg`],
      variants: [
        {
          ...{ sku: skuOf(product), price: toDecimal(product.priceMinor, CURRENCY), optionValues: [product.variant] },
          stock: Object.fromEntries([[warehouse.id, IN_WAREHOUSE] as const, ...inStores]),
        },
      ],
    });
  }
}

function furnishMarket(woo: WooTwin, shopUrl: string): void {
  woo.addCoupon({ code: 'PEBBLE10', percent: 10 });
  for (const product of assortmentOf('market'))
    woo.addProduct({
      ...{ name: product.name, sku: skuOf(product), price: toDecimal(product.priceMinor, CURRENCY), stock: IN_MARKET },
      ...{ categories: [product.category], imageUrl: `${shopUrl}products/${product.id}.svg` },
    });
}
