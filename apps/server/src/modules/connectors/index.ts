export { connectorsMigrations } from './migrations/index.ts';
export { connectorRoutes } from './routes.ts';
export { connectorsPersonalData } from './personal-data.ts';
