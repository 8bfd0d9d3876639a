export { basketsMigrations } from './migrations/index.ts';
export { basketRoutes } from './routes.ts';
export { createShopperBasketRoutes } from './shopper/shopper-routes.ts';
export type { ShopperBasket } from './shopper/sync-basket.ts';
export { basketsPersonalData } from './personal-data.ts';
export { createBasketsStage } from './baskets-stage.ts';
export { basketFollower } from './orders/basket-follower.ts';
export { type ShopCart, takeShopCarts } from './orders/take-shop-carts.ts';
export { basketsOf } from './read-baskets.ts';
export type { Basket } from './basket.ts';
export { basketFactsOf } from './basket-facts.ts';
export { sweepBaskets } from './sweep-baskets.ts';
export {
  createPreferencesStage,
  createShopperPreferenceRoutes,
  preferenceMigrations,
  preferenceRoutes,
  preferencesPersonalData,
} from './preferences/index.ts';
export {
  alertFollower,
  alertMigrations,
  alertsPersonalData,
  alertTruths,
  type AskedTruth,
  createAlertRoutes,
  createAlertsStage,
  createShopperAlertRoutes,
  forgetAlerts,
  runAlertEdges,
  runAlertWaves,
} from './alerts/index.ts';
