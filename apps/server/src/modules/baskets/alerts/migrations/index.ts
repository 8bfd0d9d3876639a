import type { Migration } from '../../../../platform/postgres/index.ts';
import createAlerts from './20261128T1330_create-alerts.sql?raw';

export const alertMigrations: readonly Migration[] = [{ id: '20261128T1330_create-alerts', sql: createAlerts }];
