import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** What baskets keeps about customers. */
export const basketsPersonalData = createTableKeeper({ name: 'baskets', tables: [] });
