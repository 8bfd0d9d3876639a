export { loyaltyMigrations } from './migrations/index.ts';
export { loyaltyRoutes } from './routes.ts';
export { loyaltyPersonalData } from './personal-data.ts';
