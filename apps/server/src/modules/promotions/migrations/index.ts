import type { Migration } from '../../../platform/postgres/index.ts';
import createCoupons from './20261128T1400_create-coupons.sql?raw';

export const promotionsMigrations: readonly Migration[] = [{ id: '20261128T1400_create-coupons', sql: createCoupons }];
