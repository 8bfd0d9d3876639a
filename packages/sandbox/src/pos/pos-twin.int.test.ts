import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../twin/testing/manual-clock.ts';
import { BAD_DAY } from '../unreliable/index.ts';
import { createPosTwin, type PosTwin, type PosTwinOptions } from './create-pos-twin.ts';
import { createPosSender } from './send-pos-batch.ts';
import { createTillDesk } from './till-desk.ts';
import { type PosReceiver, startPosReceiver } from './testing/pos-receiver.ts';

let clock: ManualClock;
let receiver: PosReceiver;

beforeEach(async () => {
  clock = createManualClock();
  receiver = await startPosReceiver('key-1');
});
afterEach(() => receiver.close());

function open(options: Partial<PosTwinOptions> = {}): PosTwin {
  return createPosTwin({
    ...{ clock, seed: 3, deviceId: 'till-1', location: 'harbour' },
    shelf: [{ sku: 'MUG', variantId: 'var_1', name: 'Morning mist mug', priceMinor: 1650, quantity: 5 }],
    deliverTo: createPosSender({ url: receiver.url, deviceKey: 'key-1' }),
    ...options,
  });
}

const sellMug = (till: PosTwin, quantity = 1) => till.sell({ lines: [{ sku: 'MUG', quantity }] });

test('a sale is sent under the next number of its device, with the place where it stands', async () => {
  const till = open();
  sellMug(till, 2);
  sellMug(till);
  expect(await till.flush()).toEqual({ sent: 2, unconfirmed: 0 });
  expect(receiver.taken).toMatchObject([
    {
      sequence: 1,
      kind: 'sale',
      at: '2026-11-23T10:00:00.000Z',
      location: 'harbour',
      lines: [{ sku: 'MUG', quantity: 2, unitPriceMinor: 1650 }],
    },
    { sequence: 2, kind: 'sale' },
  ]);
});

test('a till that nobody hears goes on selling what it last knew of, and tells it all later', async () => {
  const till = open();
  till.goOffline();
  expect(sellMug(till, 4).kind).toBe('sold');
  expect(sellMug(till, 2)).toEqual({ kind: 'sold_out', skus: ['MUG'] });
  expect(await till.flush()).toEqual({ sent: 0, unconfirmed: 1 });
  clock.advance(3_600_000);
  till.goOnline();
  await till.flush();
  expect(receiver.taken).toMatchObject([{ at: '2026-11-23T10:00:00.000Z', lines: [{ quantity: 4 }] }]);
});

test('a till whose line is broken is not mended by closing it', async () => {
  const till = open();
  till.goOffline();
  sellMug(till);
  const again = open({ saved: till.save() });
  expect(again.isOnline).toBe(false);
  expect(await again.flush()).toEqual({ sent: 0, unconfirmed: 1 });
  again.goOnline();
  clock.advance(60_000);
  expect(await again.flush()).toEqual({ sent: 1, unconfirmed: 0 });
});

test('an answer that got lost is no loss: the same items are sent again', async () => {
  const till = open();
  sellMug(till);
  receiver.answer(503);
  expect(await till.flush()).toEqual({ sent: 0, unconfirmed: 1 });
  receiver.answer(200);
  clock.advance(30_000);
  expect(await till.flush()).toEqual({ sent: 1, unconfirmed: 0 });
  expect(receiver.batches).toHaveLength(2);
  expect(receiver.taken).toHaveLength(1);
});

test('a key that is not the device’s sends nothing', async () => {
  const till = open({ deliverTo: createPosSender({ url: receiver.url, deviceKey: 'key-2' }) });
  sellMug(till);
  expect(await till.flush()).toEqual({ sent: 0, unconfirmed: 1 });
});

test('what comes back goes on the shelf where it says so, for what was paid', async () => {
  const till = open();
  const sold = till.sell({ lines: [{ sku: 'MUG', quantity: 3, discountMinor: 450 }] });
  if (sold.kind !== 'sold') throw new Error('not sold');
  till.refund({ saleId: sold.sale.id, lines: [{ sku: 'MUG', quantity: 1 }] });
  await till.flush();
  expect(receiver.taken[1]).toMatchObject({ kind: 'refund', saleId: sold.sale.id, amountMinor: 1500 });
  expect(till.shelf).toMatchObject([{ quantity: 3 }]);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'however a bad day loses, doubles and shuffles, every item arrives once and counts come in their place (%i)',
  async (seed) => {
    const till = open({
      seed,
      misbehaviour: BAD_DAY,
      shelf: [{ sku: 'MUG', name: 'Mug', priceMinor: 100, quantity: 1_000 }],
    });
    for (let one = 0; one < 60; one++) {
      if (one % 10 === 9) till.setStock();
      else sellMug(till);
      if (one % 7 === 0) await till.flush();
      clock.advance(20_000);
    }
    for (let round = 0; round < 60 && till.journal.unconfirmed > 0; round++) {
      clock.advance(60_000);
      await till.flush();
    }
    expect(till.journal.unconfirmed).toBe(0);
    expect(receiver.taken.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(
      till.journal.items.map(({ sequence }) => sequence),
    );
    for (const [at, item] of receiver.taken.entries()) {
      if (item.kind !== 'stock_count') continue;
      const before = receiver.taken.slice(0, at).map(({ sequence }) => sequence);
      expect(before.filter((sequence) => sequence < item.sequence)).toHaveLength(item.sequence - 1);
    }
  },
);

test('the same seed sends the same batches', async () => {
  const run = async () => {
    const from = receiver.batches.length;
    const till = open({ seed: 5, misbehaviour: BAD_DAY, clock: createManualClock() });
    for (let one = 0; one < 5; one++) sellMug(till);
    await till.flush();
    return receiver.batches.slice(from).map(({ items }) => items.map(({ sequence }) => sequence));
  };
  expect(await run()).toEqual(await run());
});

test('the desk asks for the open cart and whether codes are good, by the channel of tills', async () => {
  const asked: unknown[] = [];
  const desk = createTillDesk({
    get: (path) => {
      asked.push(path);
      return Promise.resolve({
        baskets: [{ id: 'bsk_1', token: 't', lines: [{ variantId: 'var_1', sku: null, name: 'Mug', quantity: 1 }] }],
      } as never);
    },
    post: (path, body) => {
      asked.push([path, body]);
      return Promise.resolve({} as never);
    },
  });
  expect(await desk.openCart('loyaltyId:4711')).toMatchObject({ id: 'bsk_1' });
  await desk.checkCoupons({ codes: ['TEN'], currency: 'EUR', lines: [{ id: '1', quantity: 1, unitPriceMinor: 100 }] });
  expect(asked).toEqual([
    '/api/v1/baskets?identifier=loyaltyId%3A4711&kind=cart',
    [
      '/api/v1/coupons/validate',
      {
        codes: ['TEN'],
        channel: 'pos',
        cart: { currency: 'EUR', lines: [{ id: '1', quantity: 1, unitPriceMinor: 100 }] },
      },
    ],
  ]);
});
