import type { Migration } from '../../../platform/postgres/index.ts';
import createTemplates from './20261122T1040_create-templates.sql?raw';
import createLinkDomains from './20261123T1100_create-link-domains.sql?raw';
import findNearVisits from './20261123T2206_find-near-visits.sql?raw';
import addTemplatePurposes from './20261123T1120_add-template-purposes.sql?raw';

export const contentMigrations: readonly Migration[] = [
  { id: '20261122T1040_create-templates', sql: createTemplates },
  { id: '20261123T1100_create-link-domains', sql: createLinkDomains },
  { id: '20261123T1120_add-template-purposes', sql: addTemplatePurposes },
  { id: '20261123T2206_find-near-visits', sql: findNearVisits },
];
