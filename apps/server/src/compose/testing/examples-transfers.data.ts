import type { OperationId } from '@segue/contract';
import type { Example } from './api-world.ts';
import { goodsOf, type MakeExample } from './examples-commerce.data.ts';
import type { Shop } from './shop.ts';

const transferExample = async (shop: Shop): Promise<Example> => {
  const { variantId, locationId: fromLocationId } = await goodsOf(shop);
  const { id: toLocationId } = await shop.call('createLocation', { body: { name: shop.word(), kind: 'store' } });
  return { body: { fromLocationId, toLocationId, lines: [{ variantId, quantity: 1 }] } };
};

async function newTransfer(shop: Shop): Promise<{ params: { id: string } }> {
  const made = await shop.call<{ transfer: { id: string } }>('createStockTransfer', await transferExample(shop));
  return { params: { id: made.transfer.id } };
}

async function shipped(shop: Shop): Promise<Example> {
  const { params } = await newTransfer(shop);
  await shop.call('shipStockTransfer', { params, body: {} });
  return { params, body: { lines: [{ variantId: (await goodsOf(shop)).variantId, received: 1 }] } };
}

/** One call of every operation on transfers of goods that is answered well. */
export const TRANSFER_EXAMPLES = {
  createStockTransfer: transferExample,
  listStockTransfers: () => ({}),
  getStockTransfer: newTransfer,
  shipStockTransfer: async (shop) => ({ ...(await newTransfer(shop)), body: {} }),
  receiveStockTransfer: shipped,
  cancelStockTransfer: newTransfer,
} as const satisfies Partial<Readonly<Record<OperationId, MakeExample>>>;
