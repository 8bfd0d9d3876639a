import type { Migration } from '../../../platform/postgres/index.ts';
import createAudit from './20261123T0910_create-audit.sql?raw';
import createSources from './20261123T0920_create-sources.sql?raw';
import createMembers from './20261123T1000_create-members.sql?raw';
import addTrustedSources from './20261124T1010_add-trusted-sources.sql?raw';
import chainAudit from './20261124T1030_chain-audit.sql?raw';
import addInviteMaker from './20261124T1110_add-invite-maker.sql?raw';
import createAccounts from './20261122T0910_create-accounts.sql?raw';

export const accountsMigrations: readonly Migration[] = [
  { id: '20261122T0910_create-accounts', sql: createAccounts },
  { id: '20261123T0910_create-audit', sql: createAudit },
  { id: '20261123T0920_create-sources', sql: createSources },
  { id: '20261123T1000_create-members', sql: createMembers },
  { id: '20261124T1010_add-trusted-sources', sql: addTrustedSources },
  { id: '20261124T1030_chain-audit', sql: chainAudit },
  { id: '20261124T1110_add-invite-maker', sql: addInviteMaker },
];
