import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** What loyalty keeps about customers. */
export const loyaltyPersonalData = createTableKeeper({ name: 'loyalty', tables: [] });
