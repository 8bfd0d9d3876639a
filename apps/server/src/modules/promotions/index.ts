export { promotionsMigrations } from './migrations/index.ts';
export { couponRoutes } from './routes.ts';
export { promotionsPersonalData } from './personal-data.ts';
