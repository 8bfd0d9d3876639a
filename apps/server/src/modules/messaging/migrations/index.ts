import type { Migration } from '../../../platform/postgres/index.ts';
import createMessages from './20261122T1030_create-messages.sql?raw';

export const messagingMigrations: readonly Migration[] = [{ id: '20261122T1030_create-messages', sql: createMessages }];
