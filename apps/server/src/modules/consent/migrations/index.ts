import type { Migration } from '../../../platform/postgres/index.ts';
import createConsent from './20261122T1010_create-consent.sql?raw';
import addSaidAt from './20261123T2205_add-said-at.sql?raw';
import bindPermissionToAddress from './20261124T1050_bind-permission-to-address.sql?raw';
import createConsentSignals from './20261124T1047_create-consent-signals.sql?raw';
import orderConsentSignals from './20261124T2110_order-consent-signals.sql?raw';
import createDoubleOptIn from './20261123T1110_create-double-opt-in.sql?raw';

export const consentMigrations: readonly Migration[] = [
  { id: '20261122T1010_create-consent', sql: createConsent },
  { id: '20261123T1110_create-double-opt-in', sql: createDoubleOptIn },
  { id: '20261123T2205_add-said-at', sql: addSaidAt },
  { id: '20261124T1047_create-consent-signals', sql: createConsentSignals },
  { id: '20261124T1050_bind-permission-to-address', sql: bindPermissionToAddress },
  { id: '20261124T2110_order-consent-signals', sql: orderConsentSignals },
];
