export { inventoryMigrations } from './migrations/index.ts';
export { inventoryRoutes } from './routes.ts';
