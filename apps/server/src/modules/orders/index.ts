export { ordersMigrations } from './migrations/index.ts';
export { orderRoutes } from './routes.ts';
export { ordersPersonalData } from './personal-data.ts';
