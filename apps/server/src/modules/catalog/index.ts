export { catalogMigrations } from './migrations/index.ts';
export { catalogRoutes } from './routes.ts';
