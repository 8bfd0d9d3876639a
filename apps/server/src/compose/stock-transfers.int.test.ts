import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicId } from '../platform/ids/index.ts';
import { type ApiWorld, openApiWorld } from './testing/api-world.ts';
import type { MakeExample } from './testing/examples-commerce.data.ts';
import { TRANSFER_EXAMPLES } from './testing/examples-transfers.data.ts';
import { goodsOf } from './testing/examples-commerce.data.ts';
import { furnishShop } from './testing/furnish-shop.ts';
import type { Shop } from './testing/shop.ts';

let world: ApiWorld;
let shop: Shop;
beforeAll(async () => {
  world = await openApiWorld();
  shop = await furnishShop(world, await world.addWorkspace('Shop'));
});
afterAll(() => world.close());

interface Made {
  readonly isRepeat: boolean;
  readonly transfer: { readonly id: string };
}

async function route() {
  const { variantId, locationId: fromLocationId } = await goodsOf(shop);
  const { id: toLocationId } = await shop.call('createLocation', { body: { name: shop.word(), kind: 'store' } });
  return { variantId, fromLocationId, toLocationId };
}

async function levelAt(variantId: string, locationId: string) {
  const query = { variantId, locationId };
  return (await shop.call<{ items: object[] }>('listStockLevels', { query })).items[0];
}

describe('over HTTP', () => {
  it('goods are set apart, shipped, promised by their date at the other place, and received with what broke', async () => {
    const { variantId, fromLocationId, toLocationId } = await route();
    const dueAt = '2027-01-10T00:00:00.000Z';
    const body = { fromLocationId, toLocationId, dueAt, reference: shop.word(), lines: [{ variantId, quantity: 3 }] };
    const made = await shop.call<Made>('createStockTransfer', { body });
    expect(made).toMatchObject({
      isRepeat: false,
      transfer: { state: 'draft', lines: [{ quantity: 3, inTransit: 0 }] },
    });
    expect(await shop.call<Made>('createStockTransfer', { body })).toMatchObject({
      isRepeat: true,
      transfer: { id: made.transfer.id },
    });
    const params = { id: made.transfer.id };
    expect(await shop.call('shipStockTransfer', { params })).toMatchObject({
      state: 'shipped',
      lines: [{ inTransit: 3 }],
    });
    expect(await levelAt(variantId, toLocationId)).toMatchObject({ onHand: 0, incoming: 3 });
    const asked = { body: { variantIds: [variantId], locationIds: [toLocationId] } };
    expect(await shop.call('readAvailability', asked)).toMatchObject({
      variants: [{ available: 0, incoming: [{ at: dueAt, quantity: 3 }] }],
    });
    const lines = [{ variantId, received: 2, damaged: 1, missing: 1 }];
    expect(await shop.call('receiveStockTransfer', { params, body: { lines } })).toMatchObject({
      state: 'received',
      lines: [{ inTransit: 0, received: 2, damaged: 1, missing: 1, returned: 0 }],
    });
    expect(await levelAt(variantId, toLocationId)).toMatchObject({
      onHand: 2,
      unavailable: 1,
      available: 1,
      incoming: 0,
    });
  });

  it('a call that cannot be done is refused with the line, the field and what would be right', async () => {
    const { variantId, fromLocationId, toLocationId } = await route();
    const ask = async (id: Parameters<ApiWorld['ask']>[0], example: object) => {
      const answer = await world.ask(id, shop.apiKey, example);
      return { status: answer.status, errors: answer.json<{ errors: object[] }>().errors };
    };
    const body = { fromLocationId, toLocationId, lines: [{ variantId, quantity: 1_000 }] };
    expect(await ask('createStockTransfer', { body })).toMatchObject({
      status: 409,
      errors: [{ field: 'lines[0].quantity', message: expect.stringMatching(/^only \d+ lie there free$/) }],
    });
    expect(await ask('createStockTransfer', { body: { ...body, toLocationId: fromLocationId } })).toMatchObject({
      status: 400,
      errors: [{ field: 'toLocationId' }],
    });
    const nowhere = publicId('loc', '0193a000-0000-7000-8000-000000000001');
    expect(await ask('createStockTransfer', { body: { ...body, toLocationId: nowhere } })).toMatchObject({
      status: 400,
      errors: [{ field: 'toLocationId', message: 'names no location' }],
    });
    const lines = [{ variantId, quantity: 2 }];
    const { transfer } = await shop.call<Made>('createStockTransfer', { body: { ...body, lines } });
    const params = { id: transfer.id };
    await shop.call('shipStockTransfer', { params });
    const tooMuch = { lines: [{ variantId, received: 2, missing: 1 }] };
    expect(await ask('receiveStockTransfer', { params, body: tooMuch })).toMatchObject({
      status: 409,
      errors: [{ field: 'lines[0]', message: 'only 2 are still on their way' }],
    });
    expect((await world.ask('getStockTransfer', shop.apiKey, { params: { id: 'nothing' } })).status).toBe(404);
  });

  it.each(Object.entries<MakeExample>(TRANSFER_EXAMPLES))('the example of %s is answered well', async (id, make) => {
    await shop.call(id as keyof typeof TRANSFER_EXAMPLES, await make(shop));
  });
});
