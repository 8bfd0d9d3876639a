export { loyaltyMigrations } from './migrations/index.ts';
export { loyaltyRoutes } from './routes.ts';
