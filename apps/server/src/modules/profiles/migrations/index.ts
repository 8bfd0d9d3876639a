import type { Migration } from '../../../platform/postgres/index.ts';
import createProfiles from './20261122T0920_create-profiles.sql?raw';
import createCompanies from './20261123T1410_create-companies.sql?raw';
import widenIdentity from './20261124T0900_widen-identity.sql?raw';
import explainMerges from './20261124T1015_explain-merges.sql?raw';
import createErasureEpoch from './20261124T1042_create-erasure-epoch.sql?raw';
import createCompanyNodes from './20261124T1046_create-company-nodes.sql?raw';
import keepKeysOutOfStatistics from './20261124T1100_keep-keys-out-of-statistics.sql?raw';
import findRebuilds from './20261124T2120_find-rebuilds.sql?raw';
import createChangedFacts from './20261125T0905_create-changed-facts.sql?raw';
import noteWithheld from './20261125T0930_note-withheld.sql?raw';
import lookForWithheld from './20261127T0900_look-for-withheld.sql?raw';

export const profilesMigrations: readonly Migration[] = [
  { id: '20261122T0920_create-profiles', sql: createProfiles },
  { id: '20261123T1410_create-companies', sql: createCompanies },
  { id: '20261124T0900_widen-identity', sql: widenIdentity },
  { id: '20261124T1015_explain-merges', sql: explainMerges },
  { id: '20261124T1042_create-erasure-epoch', sql: createErasureEpoch },
  { id: '20261124T1046_create-company-nodes', sql: createCompanyNodes },
  { id: '20261124T1100_keep-keys-out-of-statistics', sql: keepKeysOutOfStatistics },
  { id: '20261124T2120_find-rebuilds', sql: findRebuilds },
  { id: '20261125T0905_create-changed-facts', sql: createChangedFacts },
  { id: '20261125T0930_note-withheld', sql: noteWithheld },
  { id: '20261127T0900_look-for-withheld', sql: lookForWithheld },
];
