import type { Migration } from '../../../platform/postgres/index.ts';
import createConsent from './20261122T1010_create-consent.sql?raw';

export const consentMigrations: readonly Migration[] = [{ id: '20261122T1010_create-consent', sql: createConsent }];
