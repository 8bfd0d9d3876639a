import { consentPersonalData } from '../modules/consent/index.ts';
import { contentPersonalData } from '../modules/content/index.ts';
import { eventsPersonalData } from '../modules/events/index.ts';
import { journeysPersonalData } from '../modules/journeys/index.ts';
import { ordersPersonalData } from '../modules/orders/index.ts';
import { alertsPersonalData, basketsPersonalData, preferencesPersonalData } from '../modules/baskets/index.ts';
import { loyaltyPersonalData } from '../modules/loyalty/index.ts';
import { promotionsPersonalData } from '../modules/promotions/index.ts';
import { connectorsPersonalData } from '../modules/connectors/index.ts';
import { messagingPersonalData } from '../modules/messaging/index.ts';
import { profilesPersonalData } from '../modules/profiles/index.ts';
import { segmentsPersonalData } from '../modules/segments/index.ts';
import { transfersPersonalData } from '../modules/transfers/index.ts';
import type { PersonalDataKeeper } from '../platform/personal-data/index.ts';

/** Everybody who keeps something about customers: a module that is not here is neither exported nor erased. */
export const PERSONAL_DATA: readonly PersonalDataKeeper[] = [
  profilesPersonalData,
  eventsPersonalData,
  consentPersonalData,
  segmentsPersonalData,
  contentPersonalData,
  messagingPersonalData,
  journeysPersonalData,
  ordersPersonalData,
  basketsPersonalData,
  preferencesPersonalData,
  alertsPersonalData,
  promotionsPersonalData,
  loyaltyPersonalData,
  connectorsPersonalData,
  transfersPersonalData,
];

/**
 * Tables that hold her keys, or what is sealed with a key that outlives her: after erasures they are written anew, so
 * that nothing of her is left in the free space of their pages.
 */
export const REWRITTEN_TABLES: readonly string[] = [
  'identity_node',
  'announcement',
  'connector_basket',
  'connector_customer',
  'connector_inbox',
  'connector_order',
  'connector_waiting',
  'consent_record',
  'consent_signal',
  'consent_wish',
  'data_import_piece',
  'data_import_reject',
  'idempotency_key',
  'privacy_export_part',
  'privacy_request',
  'rejected_event',
  'shop_order',
];
