import type { Migration } from '../../../platform/postgres/index.ts';
import createRequests from './20261124T1040_create-privacy-requests.sql?raw';
import createRetention from './20261124T1042_create-event-retention.sql?raw';
import createErasures from './20261124T1043_create-erasures.sql?raw';
import createRemnants from './20261124T1101_create-erasure-remnants.sql?raw';
import keepSealsOut from './20261124T1102_keep-seals-out-of-statistics.sql?raw';
import findOldWebhooks from './20261124T2140_find-old-shopify-webhooks.sql?raw';
import createShopify from './20261124T1041_create-shopify-accounts.sql?raw';

export const privacyMigrations: readonly Migration[] = [
  { id: '20261124T1040_create-privacy-requests', sql: createRequests },
  { id: '20261124T1041_create-shopify-accounts', sql: createShopify },
  { id: '20261124T1042_create-event-retention', sql: createRetention },
  { id: '20261124T1043_create-erasures', sql: createErasures },
  { id: '20261124T1101_create-erasure-remnants', sql: createRemnants },
  { id: '20261124T1102_keep-seals-out-of-statistics', sql: keepSealsOut },
  { id: '20261124T2140_find-old-shopify-webhooks', sql: findOldWebhooks },
];
