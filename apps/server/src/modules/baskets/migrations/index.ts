import type { Migration } from '../../../platform/postgres/index.ts';

export const basketsMigrations: readonly Migration[] = [];
