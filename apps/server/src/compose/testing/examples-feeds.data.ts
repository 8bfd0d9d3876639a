import type { Example } from './api-world.ts';
import type { Shop } from './shop.ts';

type MakeExample = (shop: Shop) => Example | Promise<Example>;

/** Nothing listens there. */
const feedExample = (shop: Shop): Example => ({
  body: {
    name: `feed-${shop.word().replaceAll(/[^a-z0-9]/g, '')}`,
    url: 'https://shop.example/products.csv',
    intervalMinutes: 60,
    credentials: { user: 'segue', password: 'hush' },
  },
});

const ofFeed = async (shop: Shop) => ({
  params: { id: (await shop.call('createProductFeed', feedExample(shop))).id },
});

/** A call of every endpoint of product feeds that succeeds. */
export const FEED_EXAMPLES = {
  createProductFeed: feedExample,
  listProductFeeds: () => ({}),
  getProductFeed: ofFeed,
  updateProductFeed: async (shop: Shop) => ({ ...(await ofFeed(shop)), body: { intervalMinutes: 120 } }),
  deleteProductFeed: ofFeed,
  runProductFeed: async (shop: Shop) => ({ ...(await ofFeed(shop)), body: { allowShrink: true } }),
} as const satisfies Readonly<Record<string, MakeExample>>;
