import type { Migration } from '../../../platform/postgres/index.ts';
import createConnectors from './20261128T1600_create-connectors.sql?raw';
import createConnectorWork from './20261128T1610_create-connector-work.sql?raw';

export const connectorsMigrations: readonly Migration[] = [
  { id: '20261128T1600_create-connectors', sql: createConnectors },
  { id: '20261128T1610_create-connector-work', sql: createConnectorWork },
];
