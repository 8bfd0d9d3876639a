import type { Migration } from '../../../platform/postgres/index.ts';
import createConsent from './20261122T1010_create-consent.sql?raw';
import addSaidAt from './20261123T2205_add-said-at.sql?raw';
import createDoubleOptIn from './20261123T1110_create-double-opt-in.sql?raw';

export const consentMigrations: readonly Migration[] = [
  { id: '20261122T1010_create-consent', sql: createConsent },
  { id: '20261123T1110_create-double-opt-in', sql: createDoubleOptIn },
  { id: '20261123T2205_add-said-at', sql: addSaidAt },
];
