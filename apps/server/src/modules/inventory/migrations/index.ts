import type { Migration } from '../../../platform/postgres/index.ts';

export const inventoryMigrations: readonly Migration[] = [];
