import type { Migration } from '../../../platform/postgres/index.ts';
import addListAndProgress from './20261126T0900_list-and-progress.sql?raw';
import createOrders from './20261127T1000_orders-of-an-import.sql?raw';
import createTransfers from './20261125T0930_create-transfers.sql?raw';

export const transfersMigrations: readonly Migration[] = [
  { id: '20261125T0930_create-transfers', sql: createTransfers },
  { id: '20261126T0900_list-and-progress', sql: addListAndProgress },
  { id: '20261127T1000_orders-of-an-import', sql: createOrders },
];
