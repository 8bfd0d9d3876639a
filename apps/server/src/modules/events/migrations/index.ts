import type { Migration } from '../../../platform/postgres/index.ts';
import createRejectedEvents from './20261123T1210_create-rejected-events.sql?raw';
import createObservedEvents from './20261123T1220_create-observed-events.sql?raw';
import createAnnouncements from './20261128T0900_create-announcements.sql?raw';

export const eventsMigrations: readonly Migration[] = [
  { id: '20261123T1210_create-rejected-events', sql: createRejectedEvents },
  { id: '20261123T1220_create-observed-events', sql: createObservedEvents },
  { id: '20261128T0900_create-announcements', sql: createAnnouncements },
];
