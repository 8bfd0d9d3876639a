import { locationEndpoints } from './locations.ts';
import { reservationEndpoints } from './reservations.ts';
import { stockEndpoints } from './stock.ts';
import { transferEndpoints } from './inventory-transfers.ts';

/** What lies where, and what of it is set apart. */
export const inventoryEndpoints = {
  ...locationEndpoints,
  ...stockEndpoints,
  ...reservationEndpoints,
  ...transferEndpoints,
} as const;
