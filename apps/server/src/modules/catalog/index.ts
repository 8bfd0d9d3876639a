export { catalogMigrations } from './migrations/index.ts';
export { catalogRoutes } from './routes.ts';
export type { ExternalRef, SourceVersion } from './external-ref.ts';
