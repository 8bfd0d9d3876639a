import type { Migration } from '../../../platform/postgres/index.ts';
import createProfiles from './20261122T0920_create-profiles.sql?raw';
import createCompanies from './20261123T1410_create-companies.sql?raw';
import widenIdentity from './20261124T0900_widen-identity.sql?raw';

export const profilesMigrations: readonly Migration[] = [
  { id: '20261122T0920_create-profiles', sql: createProfiles },
  { id: '20261123T1410_create-companies', sql: createCompanies },
  { id: '20261124T0900_widen-identity', sql: widenIdentity },
];
