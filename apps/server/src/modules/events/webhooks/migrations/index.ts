import type { Migration } from '../../../../platform/postgres/index.ts';
import createWebhooks from './20261123T1400_create-webhooks.sql?raw';
import addConsentFilter from './20261124T1046_add-consent-filter.sql?raw';

export const webhooksMigrations: readonly Migration[] = [
  { id: '20261123T1400_create-webhooks', sql: createWebhooks },
  { id: '20261124T1046_add-consent-filter', sql: addConsentFilter },
];
