import type { OperationId } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runAlertEdges, runAlertWaves } from '../modules/baskets/index.ts';
import { runStockNews } from '../modules/inventory/index.ts';
import { runDueJourneyWaits } from '../modules/journeys/index.ts';
import { runDueMessages, type SendDeps } from '../modules/messaging/index.ts';
import { createSendGuard } from './send-guard.ts';
import { type ApiWorld, type Example, type Keys, openApiWorld } from './testing/api-world.ts';

const CUSTOMERS = 10;

let world: ApiWorld;
let keys: Keys;
let deps: SendDeps;
let mailed: string[];
let variantId: string;
let locationId: string;
let journeyId: string;
let serial = 0;

beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

async function call<T>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

const move = (delta: number) =>
  call('recordStockMovements', {
    body: { movements: [{ variantId, locationId, delta, reason: delta > 0 ? 'received' : 'damaged' }] },
  });

beforeEach(async () => {
  mailed = [];
  keys = await world.addWorkspace('Shop');
  deps = {
    processId: 'sender',
    channels: new Map([
      [
        'email',
        {
          name: 'email',
          addressKind: 'email',
          concurrencyMax: 1,
          deliver: async ({ address }) => {
            mailed.push(address);
            return { kind: 'accepted', reason: '250' };
          },
          close: () => Promise.resolve(),
        },
      ],
    ]),
    guard: createSendGuard(world.services.clock),
    publicUrl: 'https://segue.example',
    inFlight: new Set(),
  };
  const variant = { ref: 'tee-m', sku: 'TEE-M', prices: [{ currency: 'EUR', amountMinor: 1_999 }] };
  const { products } = await call<{ products: { variants: { id: string }[] }[] }>('putProducts', {
    body: { products: [{ ref: 'tee', title: 'Tee', variants: [variant] }] },
  });
  variantId = products[0]!.variants[0]!.id;
  locationId = (await call<{ id: string }>('createLocation', { body: { name: 'Store', kind: 'store' } })).id;
  await move(1);
  await move(-1);
  await hear();
  const template = { name: 'Back', subject: 'It is back', html: '<p>It is back</p>' };
  const graph = {
    entry: { kind: 'event', event: 'Back In Stock' },
    reentry: 'always',
    start: 'say',
    steps: [
      {
        ...{ id: 'say', kind: 'send', channel: 'email', topic: 'transactional' },
        template: (await call<{ id: string }>('createTemplate', { body: template })).id,
      },
    ],
  };
  journeyId = (await call<{ id: string }>('createJourney', { body: { name: 'Back in stock', graph } })).id;
  await call('publishJourney', { params: { id: journeyId } });
  for (let n = 0; n < CUSTOMERS; n++) await waitFor(n);
});

/** A customer who asks to be told. */
async function waitFor(n: number): Promise<void> {
  const batch = [
    { type: 'identify', messageId: `m${++serial}`, userId: `c${n}`, traits: { email: `c${n}@customer.example` } },
  ];
  const sent = await world.app.inject({
    method: 'POST',
    url: '/v1/batch',
    payload: { writeKey: keys.writeKey, batch },
  });
  expect(sent.statusCode).toBe(200);
  await world.settle();
  const { items } = await call<{ items: { id: string }[] }>('listProfiles', { query: { identifier: `userId:c${n}` } });
  await call('createAlert', { body: { type: 'restock', variantId, profileId: items[0]!.id } });
}

/** What alerts and journeys do of themselves. */
async function hear(): Promise<void> {
  const { services } = world;
  for (let round = 0; round < 3; round++) {
    while ((await runStockNews(services)) > 0);
    while ((await runAlertEdges(services)) > 0);
    while ((await runAlertWaves(services)) > 0);
    await world.settle();
    while ((await runDueJourneyWaits(services)) > 0);
    await world.settle();
  }
}

async function send(): Promise<void> {
  while ((await runDueMessages(world.services, deps)) > 0);
  await world.settle();
}

const messages = () =>
  call<{ items: { status: string; reason: string | null }[] }>('listMessages', { query: { limit: '100' } });

it('what is back is told to as many as the pieces are worth, to each once, by the journey that her alert began', async () => {
  await move(4);
  await hear();
  await send();
  await hear();
  await send();
  expect(mailed.length).toBe(6);
  expect(new Set(mailed).size).toBe(6);
});

it('what is sold out again before the mail goes is told to nobody, and the message says why', async () => {
  await move(4);
  await hear();
  await move(-4);
  await send();
  expect(mailed).toEqual([]);
  const { items } = await messages();
  expect(items.map(({ status, reason }) => [status, reason])).toEqual(
    Array.from({ length: 6 }, () => ['refused', 'It is sold out again']),
  );
});
