import type { OperationId } from '@segue/contract';
import type { ApiWorld } from './api-world.ts';
import { COMMERCE_EXAMPLES, type MakeExample } from './examples-commerce.data.ts';
import type { Shop } from './shop.ts';

type Grow = (world: ApiWorld, shop: Shop) => Promise<void>;

function by(id: OperationId & keyof typeof COMMERCE_EXAMPLES): Grow {
  const make: MakeExample = COMMERCE_EXAMPLES[id];
  return async (_world, shop) => void (await shop.call(id, await make(shop)));
}

/** How each list of catalog, inventory and orders gets one row more. */
export const COMMERCE_GROW = {
  listProducts: by('putProducts'),
  listCollections: by('createCollection'),
  listLocations: by('createLocation'),
  listStockLevels: by('setStockLevels'),
  listStockMovements: by('recordStockMovements'),
  listIncoming: by('addIncoming'),
  listOrders: by('placeOrder'),
} as const satisfies Readonly<Record<string, Grow>>;
