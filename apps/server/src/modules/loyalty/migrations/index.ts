import type { Migration } from '../../../platform/postgres/index.ts';
import createLoyalty from './20261128T1500_create-loyalty.sql?raw';

export const loyaltyMigrations: readonly Migration[] = [{ id: '20261128T1500_create-loyalty', sql: createLoyalty }];
