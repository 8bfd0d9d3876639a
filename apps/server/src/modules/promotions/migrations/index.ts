import type { Migration } from '../../../platform/postgres/index.ts';

export const promotionsMigrations: readonly Migration[] = [];
