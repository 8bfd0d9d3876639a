import type { Migration } from '../../../../platform/postgres/index.ts';
import createWebhooks from './20261123T1400_create-webhooks.sql?raw';

export const webhooksMigrations: readonly Migration[] = [{ id: '20261123T1400_create-webhooks', sql: createWebhooks }];
