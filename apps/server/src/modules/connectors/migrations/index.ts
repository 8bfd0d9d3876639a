import type { Migration } from '../../../platform/postgres/index.ts';

export const connectorsMigrations: readonly Migration[] = [];
