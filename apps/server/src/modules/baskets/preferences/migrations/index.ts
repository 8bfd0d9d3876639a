import type { Migration } from '../../../../platform/postgres/index.ts';
import createPreferences from './20261129T1200_create-preferences.sql?raw';

export const preferenceMigrations: readonly Migration[] = [
  { id: '20261129T1200_create-preferences', sql: createPreferences },
];
