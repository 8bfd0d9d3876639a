import type { Migration } from '../../../platform/postgres/index.ts';
import createEvent from './20261122T0930_create-event.sql?raw';
import createNodeMap from './20261122T0931_create-node-map.sql?raw';
import createHistoryEvents from './20261122T0932_create-history-events.sql?raw';
import createHistoryNodes from './20261122T0933_create-history-nodes.sql?raw';
import addEventSource from './20261123T1230_add-event-source.sql?raw';
import createHistorySessions from './20261123T1400_create-history-sessions.sql?raw';

/** The raw tables are this module's own; others read the `history_*` views. */
export const eventsHistoryMigrations: readonly Migration[] = [
  { id: '20261122T0930_create-event', sql: createEvent },
  { id: '20261122T0931_create-node-map', sql: createNodeMap },
  { id: '20261122T0932_create-history-events', sql: createHistoryEvents },
  { id: '20261122T0933_create-history-nodes', sql: createHistoryNodes },
  { id: '20261123T1230_add-event-source', sql: addEventSource },
  { id: '20261123T1400_create-history-sessions', sql: createHistorySessions },
];
