import type { AlertPorts } from '../ports.ts';
import { findSeenPrice, listHolders } from './holder-store.ts';

/** What baskets themselves know: in whose carts and on whose wish lists a variant lies, and the price she saw of it. */
const OF_BASKETS: AlertPorts = {
  carts: { profilesHolding: listHolders },
  seenPrices: { baselineFor: findSeenPrice },
};

/** What others join comes before it. */
export function withBaskets(ports: AlertPorts): AlertPorts {
  return { ...OF_BASKETS, ...ports };
}
