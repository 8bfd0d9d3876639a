export { basketsMigrations } from './migrations/index.ts';
export { basketRoutes } from './routes.ts';
export { basketsPersonalData } from './personal-data.ts';
