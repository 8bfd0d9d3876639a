import type { Migration } from '../../../platform/postgres/index.ts';

export const catalogMigrations: readonly Migration[] = [];
