export { preferenceMigrations } from './migrations/index.ts';
export { preferencesPersonalData } from './personal-data.ts';
export { createPreferencesStage } from './preferences-stage.ts';
export { preferenceRoutes } from './routes.ts';
export { createShopperPreferenceRoutes } from './shopper-routes.ts';
