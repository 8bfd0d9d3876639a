import type { Migration } from '../../../platform/postgres/index.ts';
import createJourneys from './20261122T1600_create-journeys.sql?raw';
import addRunNode from './20261124T1040_add-run-node.sql?raw';

export const journeysMigrations: readonly Migration[] = [
  { id: '20261122T1600_create-journeys', sql: createJourneys },
  { id: '20261124T1040_add-run-node', sql: addRunNode },
];
