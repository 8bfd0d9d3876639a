import type { Answers, OperationId, PresentedReachability, Profile } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runPrivacyRequests } from '../modules/privacy/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { fillSegments } from './testing/fill-segments.ts';
import { type ApiWorld, type Example, type Keys, NOW, openApiWorld } from './testing/api-world.ts';

let world: ApiWorld;
let keys: Keys;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  keys = await world.addWorkspace('Shop');
});

async function call<T>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

let serial = 0;
async function send(...batch: readonly object[]): Promise<void> {
  const payload = { writeKey: keys.writeKey, batch: batch.map((one) => ({ messageId: `m${++serial}`, ...one })) };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
}
const track = (event: string, hoursAgo: number, properties: object, who: object = { userId: 'ada' }) => ({
  ...{ type: 'track', event, properties, timestamp: new Date(NOW - hoursAgo * 3_600_000).toISOString() },
  ...who,
});
const profileOf = async (): Promise<Profile> =>
  (await call<{ items: Profile[] }>('listProfiles', { query: { identifier: 'userId:ada' } })).items[0]!;
const answers = async (query: Record<string, string> = {}): Promise<Answers> =>
  call('getAnswers', { params: { id: (await profileOf()).id }, query });

const request = async (kind: string, more: object = {}) => {
  const body = { kind, identifier: { kind: 'userId', value: 'ada' }, ...more };
  await call('createPrivacyRequest', { body });
  const work = createRequestWork(createProfileReshaper(world.services));
  while ((await runPrivacyRequests(world.services, work)) > 0);
  await world.settle();
};

const shoe = { product_id: 'shoe', sku: 'S-1', variant: 'red', price: 50, quantity: 1 };

it('answers by event time what she bought, wished for and has open, over all she is known by', async () => {
  await send(
    track('Product Viewed', 9, { product_id: 'hat', name: 'Hat', price: 20 }, { anonymousId: 'tablet' }),
    track('Order Completed', 5, { order_id: 'o1', total: 50, products: [shoe] }),
    track('Product Added', 2, { product_id: 'sock', price: 5, quantity: 2, cart_id: 'c1' }),
    { type: 'identify', userId: 'ada', anonymousId: 'tablet', traits: { timezone: 'Europe/Berlin' } },
  );
  const first = await answers({ product: 'S-1', variant: 'blue' });
  expect(first).toMatchObject({
    history: { isUpToDate: true, isWhole: true, truncated: [] },
    withheldFor: null,
    bought: [
      { id: 'S-1', isBought: true, quantity: 1, orders: 1, orderIds: ['o1'] },
      { id: 'blue', isBought: false, lastBoughtAt: null },
    ],
    interests: [
      { productId: 'sock', what: 'in_cart' },
      { productId: 'hat', name: 'Hat', price: 20, what: 'viewed' },
    ],
    carts: [{ cartId: 'c1', value: 10 }],
    orders: [{ orderId: 'o1', total: 50 }],
    replies: { timeZone: 'Europe/Berlin', hour: { value: null, evidence: 0 } },
  });
  // Late: the hat was bought before all that, and taken out of nothing.
  await send(
    track('Order Completed', 8, { order_id: 'o0', products: [{ product_id: 'hat', price: 20 }] }),
    track('Order Fulfilled', 1, { order_id: 'o1' }),
  );
  const late = await answers();
  expect(late.interests!.map(({ productId }) => productId)).toEqual(['sock']);
  expect(late.orders!.map(({ orderId }) => orderId)).toEqual(['o0']);
  const asked = await world.ask('getAnswers', keys.apiKey, {
    params: { id: (await profileOf()).id },
    query: { product: '' },
  });
  expect(asked.status).toBe(400);
});

it('never says that she has not bought what may be among the orders it did not read', async () => {
  await send(track('Order Completed', 9_000, { order_id: 'old', products: [shoe] }));
  const updates = Array.from({ length: 2_001 }, (_, n) =>
    track('Order Updated', 100 - n / 100, { order_id: 'new', n }),
  );
  for (let from = 0; from < updates.length; from += 500) await send(...updates.slice(from, from + 500));
  await send(track('Order Completed', 1, { order_id: 'new', products: [{ product_id: 'hat', quantity: '2' }] }));
  expect(await answers({ product: 'shoe' })).toMatchObject({
    history: { isWhole: false, truncated: ['orders'] },
    bought: [{ id: 'shoe', isBought: null, lastBoughtAt: null }],
  });
  expect(await answers({ product: 'hat' })).toMatchObject({ bought: [{ id: 'hat', isBought: true, quantity: 2 }] });
});

it('tells only whoever may read each part, and names every scope that is missing', async () => {
  const books = ['orders:read', 'baskets:read', 'loyalty:read'];
  const needed = ['profiles:read', 'segments:read', 'journeys:read', 'consent:read', ...books];
  const key = async (scopes: readonly string[]) =>
    (await call<{ key: string }>('createApiKey', { body: { name: scopes.join(), scopes } })).key;
  await send(track('Order Completed', 5, { order_id: 'o1', products: [shoe] }));
  const asked = { params: { id: (await profileOf()).id } };
  expect((await world.ask('getAnswers', await key(needed), asked)).status).toBe(200);
  for (const scope of needed) {
    const refused = await world.ask('getAnswers', await key(needed.filter((one) => one !== scope)), asked);
    expect([refused.status, refused.json<{ title: string }>().title]).toEqual([
      403,
      `This key may not do that; it needs the scope ${scope}`,
    ]);
  }
  const narrow = await world.ask('getAnswers', await key(['profiles:read']), asked);
  expect(narrow.json<{ title: string }>().title).toContain('the scopes segments:read, journeys:read, consent:read');
});

it('tells the stage of her lifecycle once the shop has said how stages are told', async () => {
  await send(track('Order Completed', 5, { order_id: 'o1', products: [shoe] }));
  expect((await answers()).lifecycleStage).toBeNull();
  await call('updateLifecycle', { body: await call<object>('getLifecycle') });
  await fillSegments(world.services);
  await world.settle();
  expect((await answers()).lifecycleStage).toBe('first_time');
});

it('who objected to profiling is no profile, who is restricted has no history', async () => {
  await send(track('Order Completed', 5, { order_id: 'o1', products: [shoe] }), {
    type: 'identify',
    userId: 'ada',
    traits: { email: 'ada@example.com' },
  });
  await request('object', { against: ['profiling'] });
  expect(await answers({ product: 'shoe' })).toMatchObject({
    withheldFor: 'objected',
    bought: [{ isBought: true }],
    interests: null,
    replies: null,
    segments: null,
    lifecycleStage: null,
    place: null,
  });
  await request('restrict');
  const restricted = await answers({ product: 'shoe' });
  expect(restricted).toMatchObject({ withheldFor: 'restricted', bought: null, carts: null, orders: null });
  expect(restricted.reachability.channels[0]!.transactional.reason).toBe('restricted');
});

it('of who was erased nothing is left, from the moment her keys are gone', async () => {
  await send(track('Order Completed', 5, { order_id: 'o1', products: [shoe] }));
  const { id } = await profileOf();
  expect((await answers({ product: 'shoe' })).orders).toHaveLength(1);
  await request('erase');
  const left = await world.ask('getAnswers', keys.apiKey, { params: { id } });
  // Her profile's row goes last, with the receipt.
  if (left.status === 200)
    expect(left.json<Answers>()).toMatchObject({ orders: [], carts: [], interests: [], lists: [] });
  else expect(left.status).toBe(404);
});

it('says for each channel whether she can be reached, and the first thing in the way', async () => {
  await send({ type: 'identify', userId: 'ada', traits: { email: 'ada@example.com' } });
  const { id } = await profileOf();
  const reach = () => call<PresentedReachability>('getReachability', { params: { id } });
  const email = async () => {
    const { marketing, journeys, transactional } = (await reach()).channels.find(({ channel }) => channel === 'email')!;
    return [marketing.reason, journeys.reason, transactional.reason];
  };
  expect(await email()).toEqual(['not_opted_in', 'not_opted_in', null]);
  expect((await reach()).channels.find(({ channel }) => channel === 'sms')!.marketing.reason).toBe('no_sender');
  const consent = { channel: 'email', topic: 'marketing', source: 'checkout' };
  await call('recordConsent', { params: { id }, body: { ...consent, status: 'granted' } });
  expect(await email()).toEqual([null, null, null]);
  await request('object', { against: ['profiling'] });
  expect(await email()).toEqual([null, 'objected', null]);
  const pausedUntil = new Date(NOW + 86_400_000).toISOString();
  await call('setRhythm', { params: { id }, body: { pausedUntil, source: 'telephone' } });
  expect(await email()).toEqual(['paused', 'objected', null]);
  await call('recordConsent', { params: { id }, body: { ...consent, status: 'denied' } });
  expect(await email()).toEqual(['denied', 'denied', null]);
  await call('suppressAddress', { body: { channel: 'email', address: 'ada@example.com', reason: 'manual' } });
  expect(await email()).toEqual(['suppressed:manual', 'suppressed:manual', 'suppressed:manual']);
});

it('an order of one shop does not hide one of another shop with the same number', async () => {
  const sendTo = async (writeKey: string, ...batch: readonly object[]) => {
    const payload = { writeKey, batch: batch.map((one) => ({ messageId: `m${++serial}`, ...one })) };
    expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
    await world.settle();
  };
  const [a, b] = await Promise.all(
    ['Shop A', 'Shop B'].map(async (name) => {
      const { writeKey } = await call<{ writeKey: { key: string } | string }>('createSource', {
        body: { name, kind: 'server' },
      });
      return typeof writeKey === 'string' ? writeKey : writeKey.key;
    }),
  );
  const hat = { product_id: 'hat', price: 20, quantity: 1 };
  await sendTo(a!, track('Order Completed', 3, { order_id: '1001', currency: 'EUR', total: 50, products: [shoe] }));
  // Without a currency it is no order of the book.
  await sendTo(b!, track('Order Completed', 2, { order_id: '1001', total: 20, products: [hat] }));
  // The page of shop A says its order again.
  await send(track('Order Completed', 1, { order_id: '1001', total: 50, products: [shoe] }));
  const told = await answers({ product: 'shoe' });
  expect(told.orders).toMatchObject([
    { orderId: '1001', id: null, lines: [{ productId: 'hat' }] },
    { orderId: '1001', standing: 'open', lines: [{ productId: 'shoe' }] },
  ]);
  expect(told.orders).toHaveLength(2);
  expect(told.bought).toMatchObject([{ id: 'shoe', quantity: 1, orders: 1 }]);
});

it('an order of the book is told once, as the book has it, with its parcel; carts with stock and price of now; points', async () => {
  await send(track('Signed Up', 9, {}));
  const { id: profileId } = await profileOf();
  const prices = [{ currency: 'EUR', amountMinor: 2_000 }];
  const { products } = await call<{ products: { variants: { id: string }[] }[] }>('putProducts', {
    body: { products: [{ ref: 'tee', title: 'Tee', variants: [{ ref: 'tee-m', sku: 'TEE-M', prices }] }] },
  });
  const variantId = products[0]!.variants[0]!.id;
  const { id: locationId } = await call<{ id: string }>('createLocation', { body: { name: 'Store', kind: 'store' } });
  const movements = [{ variantId, locationId, delta: 3, reason: 'received' }];
  await call('recordStockMovements', { body: { movements } });
  const terms = { earn: { rates: [{ currency: 'EUR', points: 1 }] } };
  await call('createPointsProgram', { body: { key: 'stars', name: 'Stars', terms } });
  const placed = await call<{ order: { id: string } }>('placeOrder', {
    body: {
      ...{ reference: 'o-1', channel: 'web', currency: 'EUR', payment: 'paid', profileId },
      lines: [{ variantId, quantity: 2 }],
    },
  });
  await call('fulfilOrder', {
    params: { id: placed.order.id },
    body: { reference: 'p1', trackingCompany: 'DHL', trackingNumber: 'T1', lines: [{ lineId: '1', quantity: 1 }] },
  });
  // The shop's page tells of the same order, and of one that nobody booked.
  await send(
    track('Order Completed', 1, { order_id: 'o-1', total: 40, products: [{ sku: 'TEE-M', quantity: 2 }] }),
    track('Order Completed', 2, { order_id: 'elsewhere', total: 50, products: [shoe] }),
  );
  const told = await answers({ product: 'tee' });
  expect(told.orders).toMatchObject([
    {
      ...{ orderId: 'o-1', id: placed.order.id, payment: 'paid', fulfilment: 'partial', standing: 'open', total: 40 },
      parcels: [{ trackingCompany: 'DHL', trackingNumber: 'T1' }],
    },
    { orderId: 'elsewhere', id: null, standing: null, parcels: [] },
  ]);
  const { basket } = await call<{ basket: { id: string } }>('createBasket', {
    body: { kind: 'cart', channel: 'web', currency: 'EUR', profileId },
  });
  const lines = [{ variantId, quantity: 1 }];
  await call('setBasketLines', { params: { id: basket.id }, body: { lines } });
  expect((await answers()).carts).toMatchObject([
    { lines: [{ sku: 'TEE-M', isInStock: true, priceNow: 20, quantity: 1 }] },
  ]);
  // In a cart without a name: the one that is kept was touched since, or it was not.
  await send(track('Product Added', 0.5, { product_id: 'scarf', price: 5 }));
  const skus = async () => (await answers()).carts!.map(({ lines: own }) => own.map((one) => one.sku ?? one.productId));
  expect(await skus()).toEqual([['TEE-M']]);
  await world.services.postgres.query({
    text: 'update basket set updated_at = $2 where workspace_id = $1',
    values: [keys.workspaceId, new Date(NOW - 2 * 3_600_000)],
  });
  expect(await skus()).toEqual([['scarf'], ['TEE-M']]);
  expect(told.bought).toMatchObject([{ id: 'tee', isBought: true, quantity: 2, orders: 1 }]);
  expect(told.points).toEqual([{ program: 'stars', name: 'Stars', unit: 'points', balance: 40, pending: 0 }]);
});
