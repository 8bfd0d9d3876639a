export { exportRoutes } from './exports/export-routes.ts';
export { importRoutes } from './imports/import-routes.ts';
export { forgetImports, runImports } from './imports/run-imports.ts';
export { transfersPersonalData } from './personal-data.ts';
export { transfersMigrations } from './migrations/index.ts';
