import type { Migration } from '../../../platform/postgres/index.ts';
import createCatalog from './20261128T1000_create-catalog.sql?raw';

export const catalogMigrations: readonly Migration[] = [{ id: '20261128T1000_create-catalog', sql: createCatalog }];
