import type { Migration } from '../../postgres/index.ts';
import createEventLog from './20261122T0900_create-event-log.sql?raw';
import orderDeadLetters from './20261124T1120_order-dead-letters.sql?raw';
import widenDeadLetters from './20261123T1200_widen-dead-letters.sql?raw';

export const eventlogMigrations: readonly Migration[] = [
  { id: '20261122T0900_create-event-log', sql: createEventLog },
  { id: '20261123T1200_widen-dead-letters', sql: widenDeadLetters },
  { id: '20261124T1120_order-dead-letters', sql: orderDeadLetters },
];
