export { connectWorld, runShopWorld, type RunShopWorldOptions } from './run-shop-world.ts';
export { openShopWorld, type ShopWorld, type ShopWorldOptions } from './shop-world.ts';
