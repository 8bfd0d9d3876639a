import { preorderersOf } from '../../../orders/index.ts';
import type { AlertPorts } from '../ports.ts';
import { findSeenPrice, listHolders } from './holder-store.ts';

/** What baskets and orders know: in whose carts and on whose wish lists a variant lies, who pre-ordered it, the price she saw. */
const KNOWN: AlertPorts = {
  carts: { profilesHolding: listHolders },
  preorders: { profilesWaiting: preorderersOf },
  seenPrices: { baselineFor: findSeenPrice },
};

/** What others join comes before it. */
export function withBaskets(ports: AlertPorts): AlertPorts {
  return { ...KNOWN, ...ports };
}
