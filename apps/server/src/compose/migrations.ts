import { accountsMigrations } from '../modules/accounts/index.ts';
import { consentMigrations } from '../modules/consent/index.ts';
import { contentMigrations } from '../modules/content/index.ts';
import { eventsHistoryMigrations, eventsMigrations, webhooksMigrations } from '../modules/events/index.ts';
import { journeysMigrations } from '../modules/journeys/index.ts';
import { catalogMigrations } from '../modules/catalog/index.ts';
import { inventoryMigrations } from '../modules/inventory/index.ts';
import { ordersMigrations } from '../modules/orders/index.ts';
import { alertMigrations, basketsMigrations, preferenceMigrations } from '../modules/baskets/index.ts';
import { promotionsMigrations } from '../modules/promotions/index.ts';
import { loyaltyMigrations } from '../modules/loyalty/index.ts';
import { connectorsMigrations } from '../modules/connectors/index.ts';
import { messagingMigrations } from '../modules/messaging/index.ts';
import { privacyMigrations } from '../modules/privacy/index.ts';
import { profilesMigrations } from '../modules/profiles/index.ts';
import { segmentsMigrations } from '../modules/segments/index.ts';
import { transfersMigrations } from '../modules/transfers/index.ts';
import { eventlogMigrations } from '../platform/eventlog/index.ts';
import { httpMigrations } from '../platform/http/index.ts';
import type { Migration } from '../platform/postgres/index.ts';

/** Every table of every module. */
export const postgresMigrations: readonly Migration[] = [
  ...eventlogMigrations,
  ...httpMigrations,
  ...accountsMigrations,
  ...profilesMigrations,
  ...eventsMigrations,
  ...webhooksMigrations,
  ...consentMigrations,
  ...catalogMigrations,
  ...inventoryMigrations,
  ...ordersMigrations,
  ...basketsMigrations,
  ...preferenceMigrations,
  ...alertMigrations,
  ...segmentsMigrations,
  ...contentMigrations,
  ...messagingMigrations,
  ...journeysMigrations,
  ...promotionsMigrations,
  ...loyaltyMigrations,
  ...connectorsMigrations,
  ...privacyMigrations,
  ...transfersMigrations,
];

export const historyMigrations: readonly Migration[] = [...eventsHistoryMigrations];
