import type { Migration } from '../../../platform/postgres/index.ts';
import createAccounts from './20261122T0910_create-accounts.sql?raw';

export const accountsMigrations: readonly Migration[] = [{ id: '20261122T0910_create-accounts', sql: createAccounts }];
