import type { Migration } from '../../../platform/postgres/index.ts';
import createInventory from './20261128T1100_create-inventory.sql?raw';
import createTransfers from './20261128T1610_create-transfers.sql?raw';
import tellTerms from './20261128T1611_tell-terms.sql?raw';
import countOwnSales from './20261129T1300_count-own-sales.sql?raw';

export const inventoryMigrations: readonly Migration[] = [
  { id: '20261128T1100_create-inventory', sql: createInventory },
  { id: '20261128T1610_create-transfers', sql: createTransfers },
  { id: '20261128T1611_tell-terms', sql: tellTerms },
  { id: '20261129T1300_count-own-sales', sql: countOwnSales },
];
