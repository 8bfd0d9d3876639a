import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** What orders keeps about customers. */
export const ordersPersonalData = createTableKeeper({ name: 'orders', tables: [] });
