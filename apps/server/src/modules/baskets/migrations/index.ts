import type { Migration } from '../../../platform/postgres/index.ts';
import createBaskets from './20261128T1300_create-baskets.sql?raw';

export const basketsMigrations: readonly Migration[] = [{ id: '20261128T1300_create-baskets', sql: createBaskets }];
