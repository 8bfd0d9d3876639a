import type { Example } from './api-world.ts';
import type { Shop } from './shop.ts';

export type MakeExample = (shop: Shop) => Example | Promise<Example>;

/** A product with one variant, and a place where a hundred of it lie. */
export interface Goods {
  readonly productId: string;
  readonly variantId: string;
  readonly locationId: string;
}

const made = new WeakMap<Shop, Promise<Goods>>();

export function goodsOf(shop: Shop): Promise<Goods> {
  const goods = made.get(shop) ?? makeGoods(shop);
  made.set(shop, goods);
  return goods;
}

interface PutProducts {
  readonly products: { readonly id: string; readonly variants: { readonly id: string }[] }[];
}

const productExample = (shop: Shop): Example => {
  const ref = shop.word();
  const prices = [{ currency: 'EUR', amountMinor: 1_999 }];
  return { body: { products: [{ ref, title: 'Tee', variants: [{ ref, sku: ref, prices }] }] } };
};

const locationExample = (shop: Shop): Example => ({ body: { name: shop.word(), kind: 'store', country: 'DE' } });

async function makeGoods(shop: Shop): Promise<Goods> {
  const { products } = await shop.call<PutProducts>('putProducts', productExample(shop));
  const { id: locationId } = await shop.call('createLocation', locationExample(shop));
  const goods = { productId: products[0]!.id, variantId: products[0]!.variants[0]!.id, locationId };
  await shop.call('recordStockMovements', movement(goods));
  // The first order of a workspace makes the source its events come from.
  await shop.call('placeOrder', orderOf(shop, goods));
  return goods;
}

const movement = ({ variantId, locationId }: Goods): Example => ({
  body: { movements: [{ variantId, locationId, delta: 100, reason: 'received' }] },
});

async function newProduct(shop: Shop): Promise<Goods> {
  const { products } = await shop.call<PutProducts>('putProducts', productExample(shop));
  const { locationId } = await goodsOf(shop);
  return { productId: products[0]!.id, variantId: products[0]!.variants[0]!.id, locationId };
}

const wish = (shop: Shop, { variantId }: Goods) => ({
  ...{ ownerRef: `cart:${shop.word()}`, channel: 'web', lines: [{ variantId, quantity: 1 }] },
});

async function newReservation(shop: Shop): Promise<string> {
  const body = wish(shop, await goodsOf(shop));
  await shop.call('reserveStock', { body });
  return body.ownerRef;
}

const incomingOf = ({ variantId, locationId }: Goods): Example => ({ body: { variantId, locationId, quantity: 5 } });
const newIncoming = async (shop: Shop) => ({
  params: { id: (await shop.call('addIncoming', incomingOf(await goodsOf(shop)))).id },
});

const collectionExample = (shop: Shop): Example => ({ body: { name: shop.word() } });
const newCollection = async (shop: Shop) => ({
  params: { id: (await shop.call('createCollection', collectionExample(shop))).id },
});

const orderExample = async (shop: Shop): Promise<Example> => orderOf(shop, await goodsOf(shop));

const orderOf = (shop: Shop, { variantId }: Goods): Example => {
  const lines = [{ variantId, quantity: 2 }];
  return { body: { reference: shop.word(), channel: 'chat', currency: 'EUR', profileId: shop.profileId, lines } };
};

async function newOrder(shop: Shop): Promise<{ params: { id: string } }> {
  const { order } = await shop.call<{ order: { id: string } }>('placeOrder', await orderExample(shop));
  return { params: { id: order.id } };
}

async function newPaidOrder(shop: Shop): Promise<{ params: { id: string } }> {
  const order = await newOrder(shop);
  await shop.call('payOrder', order);
  return order;
}

/** A call of every endpoint of catalog, inventory and orders that succeeds, once. */
export const COMMERCE_EXAMPLES = {
  putProducts: productExample,
  listProducts: () => ({}),
  getProduct: async (shop) => ({ params: { id: (await goodsOf(shop)).productId } }),
  archiveProduct: async (shop) => ({ params: { id: (await newProduct(shop)).productId } }),
  importProducts: (shop) => ({ body: { rows: [{ id: shop.word(), title: 'Mug', price: '9.50 EUR' }] } }),
  listPrices: async (shop) => ({ params: { id: (await goodsOf(shop)).variantId } }),
  createCollection: collectionExample,
  listCollections: () => ({}),
  updateCollection: async (shop) => ({ ...(await newCollection(shop)), body: { name: shop.word() } }),
  deleteCollection: newCollection,
  addCollectionProducts: async (shop) => ({
    ...(await newCollection(shop)),
    body: { productIds: [(await goodsOf(shop)).productId] },
  }),
  removeCollectionProduct: async (shop) => {
    const { params } = await newCollection(shop);
    return { params: { ...params, productId: (await goodsOf(shop)).productId } };
  },
  createLocation: locationExample,
  listLocations: () => ({}),
  getLocation: async (shop) => ({ params: { id: (await goodsOf(shop)).locationId } }),
  updateLocation: async (shop) => {
    const { id } = await shop.call('createLocation', locationExample(shop));
    return { params: { id }, body: { priority: 5 } };
  },
  getBundle: async (shop) => ({ params: { id: (await goodsOf(shop)).variantId } }),
  setBundle: async (shop) => {
    const { variantId: id } = await newProduct(shop);
    return { params: { id }, body: { components: [{ variantId: (await goodsOf(shop)).variantId, quantity: 2 }] } };
  },
  listStockLevels: () => ({}),
  setStockLevels: async (shop) => {
    const { variantId, locationId } = await newProduct(shop);
    return { body: { levels: [{ variantId, locationId, quantity: 3, expectedVersion: 0 }] } };
  },
  limitStockLevels: async (shop) => {
    const { variantId, locationId } = await newProduct(shop);
    return { body: { levels: [{ variantId, locationId, backorderLimit: 2 }] } };
  },
  recordStockMovements: async (shop) => movement(await goodsOf(shop)),
  listStockMovements: () => ({}),
  readAvailability: async (shop) => ({ body: { variantIds: [(await goodsOf(shop)).variantId], channel: 'web' } }),
  promiseStock: async (shop) => ({ params: { id: (await goodsOf(shop)).variantId }, query: { quantity: '2' } }),
  reserveStock: async (shop) => ({ body: wish(shop, await goodsOf(shop)) }),
  releaseStock: async (shop) => ({ body: { ownerRef: await newReservation(shop) } }),
  consumeStock: async (shop) => ({ body: { ownerRef: await newReservation(shop), reference: shop.word() } }),
  getReservation: async (shop) => ({ query: { ownerRef: await newReservation(shop) } }),
  addIncoming: async (shop) => incomingOf(await goodsOf(shop)),
  listIncoming: () => ({}),
  receiveIncoming: async (shop) => ({ ...(await newIncoming(shop)), body: { quantity: 2 } }),
  cancelIncoming: async (shop) => ({ ...(await newIncoming(shop)), body: { quantity: 2 } }),
  postponeIncoming: async (shop) => ({ ...(await newIncoming(shop)), body: { dueAt: '2026-12-24T08:00:00Z' } }),
  listChannelBuffers: () => ({}),
  setChannelBuffer: () => ({ body: { channel: 'marketplace:one', buffer: 2 } }),
  removeChannelBuffer: () => ({ body: { channel: 'marketplace:two' } }),
  streamStock: () => ({}),
  placeOrder: orderExample,
  listOrders: () => ({}),
  getOrder: newOrder,
  getOrderAddresses: newOrder,
  listOrderEvents: newOrder,
  payOrder: newOrder,
  cancelOrder: newOrder,
  closeOrder: newOrder,
  fulfilOrder: async (shop) => ({ ...(await newOrder(shop)), body: { reference: shop.word() } }),
  deliverOrder: async (shop) => {
    const order = await newOrder(shop);
    const body = { reference: shop.word() };
    await shop.call('fulfilOrder', { ...order, body });
    return { ...order, body };
  },
  refundOrder: async (shop) => ({ ...(await newPaidOrder(shop)), body: { reference: shop.word(), amountMinor: 100 } }),
} as const satisfies Readonly<Record<string, MakeExample>>;
