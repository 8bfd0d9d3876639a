import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** What connectors keeps about customers. */
export const connectorsPersonalData = createTableKeeper({ name: 'connectors', tables: [] });
