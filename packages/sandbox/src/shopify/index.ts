export { createShopifyTwin, type ShopifyTwin, type ShopifyTwinOptions } from './create-shopify-twin.ts';
export type { ShopifySubscription } from './shopify-webhooks.ts';
