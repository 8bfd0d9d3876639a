import type { Migration } from '../../../platform/postgres/index.ts';
import createOrders from './20261128T1200_create-orders.sql?raw';

export const ordersMigrations: readonly Migration[] = [{ id: '20261128T1200_create-orders', sql: createOrders }];
