import type { Migration } from '../../../platform/postgres/index.ts';

export const ordersMigrations: readonly Migration[] = [];
