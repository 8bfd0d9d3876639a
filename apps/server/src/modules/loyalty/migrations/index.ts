import type { Migration } from '../../../platform/postgres/index.ts';

export const loyaltyMigrations: readonly Migration[] = [];
