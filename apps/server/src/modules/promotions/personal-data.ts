import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** What promotions keeps about customers. */
export const promotionsPersonalData = createTableKeeper({ name: 'promotions', tables: [] });
