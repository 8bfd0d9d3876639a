import { locationEndpoints } from './locations.ts';
import { reservationEndpoints } from './reservations.ts';
import { stockEndpoints } from './stock.ts';

/** What lies where, and what of it is set apart. */
export const inventoryEndpoints = { ...locationEndpoints, ...stockEndpoints, ...reservationEndpoints } as const;
