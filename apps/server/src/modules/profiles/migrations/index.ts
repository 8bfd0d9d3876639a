import type { Migration } from '../../../platform/postgres/index.ts';
import createProfiles from './20261122T0920_create-profiles.sql?raw';

export const profilesMigrations: readonly Migration[] = [{ id: '20261122T0920_create-profiles', sql: createProfiles }];
