import type { Example } from './api-world.ts';
import type { Shop } from './shop.ts';

type MakeExample = (shop: Shop) => Example | Promise<Example>;

const shopifyExample = (shop: Shop): Example => ({
  body: {
    ...{ kind: 'shopify', name: shop.word(), currency: 'EUR', clientSecret: 'shpss_0123456789abcdef' },
    shopDomain: `${shop.word().replaceAll(/[^a-z0-9-]/g, '')}.myshopify.com`,
  },
});

const made = new WeakMap<Shop, Promise<string>>();

/** The connector whose lists grow. */
export function connectorOf(shop: Shop): Promise<string> {
  const id = made.get(shop) ?? newConnector(shop);
  made.set(shop, id);
  return id;
}

async function newConnector(shop: Shop): Promise<string> {
  return (await shop.call('createConnector', shopifyExample(shop))).id;
}

/** One that can be asked. Nothing listens there. */
async function newAskable(shop: Shop): Promise<Example> {
  const { body } = shopifyExample(shop);
  const keys = { accessToken: 'shpat_0123456789abcdef', apiUrl: 'http://127.0.0.1:59999' };
  const { id } = await shop.call('createConnector', { body: { ...(body as object), ...keys } });
  return { params: { id } };
}

async function newTill(shop: Shop): Promise<Example> {
  const { id } = await shop.call('createConnector', { body: { kind: 'pos', name: shop.word(), currency: 'EUR' } });
  return { params: { id } };
}

async function newFeed(shop: Shop): Promise<Example> {
  const { id } = await shop.call('createConnector', { body: { kind: 'drop', name: shop.word(), currency: 'EUR' } });
  return { params: { id } };
}

const ofConnector = async (shop: Shop) => ({ params: { id: await newConnector(shop) } });
const days = { from: '2026-11-01', to: '2026-11-02' };

/** A call of every endpoint of connectors that succeeds, but of the replay of one delivery: what is set aside came from a shop. */
export const CONNECTOR_EXAMPLES = {
  listConnectors: () => ({}),
  createConnector: shopifyExample,
  getConnector: ofConnector,
  updateConnector: async (shop: Shop) => ({
    ...(await ofConnector(shop)),
    body: { name: shop.word(), truth: ['orders'] },
  }),
  deleteConnector: ofConnector,
  checkConnector: ofConnector,
  getConnectorStatus: ofConnector,
  startConnectorBackFill: async (shop: Shop) => ({ ...(await newAskable(shop)), body: { resources: ['orders'] } }),
  startConnectorReport: async (shop: Shop) => ({ ...(await newAskable(shop)), body: days }),
  getConnectorReport: async (shop: Shop) => {
    const { params } = await newAskable(shop);
    const job = await shop.call('startConnectorReport', { params: params!, body: days });
    return { params: { ...params!, job: job.id } };
  },
  listConnectorDeliveries: async (shop: Shop) => ({ params: { id: await connectorOf(shop) } }),
  replayConnectorDeliveries: ofConnector,
  listConnectorDevices: newTill,
  createConnectorDevice: async (shop: Shop) => ({ ...(await newTill(shop)), body: { device: 'till-1' } }),
  deleteConnectorDevice: async (shop: Shop) => {
    const till = await newTill(shop);
    await shop.call('createConnectorDevice', { ...till, body: { device: 'till-1' } });
    return { params: { ...till.params!, device: 'till-1' } };
  },
  joinConnectorCart: async (shop: Shop) => ({
    ...(await ofConnector(shop)),
    body: { token: shop.word(), anonymousId: shop.word() },
  }),
  dropConnectorFile: async (shop: Shop) => ({
    ...(await newFeed(shop)),
    query: { of: 'products' },
    body: `product_id,title,price\n${shop.word()},Shirt,19.99\n`,
  }),
} as const satisfies Readonly<Record<string, MakeExample>>;
