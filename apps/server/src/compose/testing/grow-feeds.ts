import type { ApiWorld } from './api-world.ts';
import { FEED_EXAMPLES } from './examples-feeds.data.ts';
import type { Shop } from './shop.ts';

type Grow = (world: ApiWorld, shop: Shop) => Promise<void>;

/** How the list of product feeds gets one row more. */
export const FEED_GROW = {
  listProductFeeds: async (_world, shop) =>
    void (await shop.call('createProductFeed', FEED_EXAMPLES.createProductFeed(shop))),
} as const satisfies Readonly<Record<string, Grow>>;
