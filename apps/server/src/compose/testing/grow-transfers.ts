import type { ApiWorld } from './api-world.ts';
import { TRANSFER_EXAMPLES } from './examples-transfers.data.ts';
import type { Shop } from './shop.ts';

/** How the list of transfers of goods gets one row more. */
export const TRANSFER_GROW = {
  async listStockTransfers(_world: ApiWorld, shop: Shop): Promise<void> {
    await shop.call('createStockTransfer', await TRANSFER_EXAMPLES.createStockTransfer(shop));
  },
} as const;
