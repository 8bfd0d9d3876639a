import type { OperationId } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runAlertEdges, runAlertWaves } from '../modules/baskets/index.ts';
import { runStockNews } from '../modules/inventory/index.ts';
import { runDueJourneyWaits } from '../modules/journeys/index.ts';
import { createEmailChannel, runDueMessages, type SendDeps } from '../modules/messaging/index.ts';
import { startMailbox } from '../modules/messaging/testing/world.ts';
import { createTestClock } from '../testkit/index.ts';
import { createSendGuard } from './send-guard.ts';
import { type ApiWorld, type Example, type Keys, openApiWorld } from './testing/api-world.ts';

const CUSTOMERS = 10;

const clock = createTestClock(Date.UTC(2026, 10, 22, 9));
let world: ApiWorld;
let keys: Keys;
let deps: SendDeps;
let box: Awaited<ReturnType<typeof startMailbox>>;
/** Mails of the tests before. */
let before: number;
let variantId: string;
let locationId: string;
let serial = 0;

beforeAll(async () => {
  world = await openApiWorld({ clock });
  box = await startMailbox();
  deps = {
    processId: 'sender',
    channels: new Map([['email', createEmailChannel({ smtpUrl: box.smtpUrl, from: 'Shop <hello@shop.example>' })]]),
    guard: createSendGuard(world.services.clock),
    publicUrl: 'https://segue.example',
    inFlight: new Set(),
  };
});
afterAll(async () => {
  for (const channel of deps.channels.values()) await channel.close();
  await box.close();
  await world.close();
});

const mailed = (): string[] => box.mails.slice(before).flatMap(({ to }) => [to].flat().map((one) => one?.text ?? ''));

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
  before = box.mails.length;
  keys = await world.addWorkspace('Shop');
  const variant = { ref: 'tee-m', sku: 'TEE-M', prices: [{ currency: 'EUR', amountMinor: 1_999 }] };
  const { products } = await call<{ products: { variants: { id: string }[] }[] }>('putProducts', {
    body: { products: [{ ref: 'tee', title: 'Tee', variants: [variant] }] },
  });
  variantId = products[0]!.variants[0]!.id;
  locationId = (await call<{ id: string }>('createLocation', { body: { name: 'Store', kind: 'store' } })).id;
  await move(1);
  await move(-1);
  await hear();
  await tellOf('Back In Stock');
});

/** A journey that mails whoever this happens to. */
async function tellOf(event: string): Promise<void> {
  const template = { name: event, subject: event, html: '<p>It is so</p>' };
  const { id } = await call<{ id: string }>('createTemplate', { body: template });
  const graph = {
    entry: { kind: 'event', event },
    reentry: 'always',
    start: 'say',
    steps: [{ id: 'say', kind: 'send', channel: 'email', topic: 'transactional', template: id }],
  };
  const journey = await call<{ id: string }>('createJourney', { body: { name: event, graph } });
  await call('publishJourney', { params: { id: journey.id } });
}

/** Customers who ask to be told that it is back. */
async function waitForIt(): Promise<void> {
  for (let n = 0; n < CUSTOMERS; n++)
    await call('createAlert', { body: { type: 'restock', variantId, profileId: await customer(n) } });
}

async function customer(n: number): Promise<string> {
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
  return items[0]!.id;
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
  await waitForIt();
  await move(4);
  await hear();
  await send();
  await hear();
  await send();
  expect(mailed().length).toBe(6);
  expect(new Set(mailed()).size).toBe(6);
});

it('what is sold out again before the mail goes is told to nobody, and the message says why', async () => {
  await waitForIt();
  await move(4);
  await hear();
  await move(-4);
  await send();
  expect(mailed()).toEqual([]);
  const { items } = await messages();
  expect(items.map(({ status, reason }) => [status, reason])).toEqual(
    Array.from({ length: 6 }, () => ['refused', 'It is sold out again']),
  );
});

it('what costs more again before the mail goes is told to nobody, and a price that stays is', async () => {
  await move(1);
  await tellOf('Price Dropped');
  const profileId = await customer(20);
  await call('createAlert', { body: { type: 'price_drop', variantId, profileId } });
  const price = async (amountMinor: number) => {
    clock.advance(1_000);
    const variant = { ref: 'tee-m', sku: 'TEE-M', prices: [{ currency: 'EUR', amountMinor }] };
    await call('putProducts', { body: { products: [{ ref: 'tee', title: 'Tee', variants: [variant] }] } });
    await hear();
  };
  await price(1_500);
  await price(1_800);
  await send();
  expect(mailed()).toEqual([]);
  await price(1_400);
  await send();
  expect(mailed()).toEqual(['c20@customer.example']);
});

it('of what she took out of her cart before the mail goes nobody tells her that it is nearly gone', async () => {
  await move(9);
  await hear();
  await tellOf('Low Stock In Cart');
  const lines = async (n: number) => {
    const body = { kind: 'cart', channel: 'web', profileId: await customer(n) };
    const { basket } = await call<{ basket: { id: string } }>('createBasket', { body });
    return (quantity: number) =>
      call('setBasketLines', { params: { id: basket.id }, body: { lines: [{ variantId, quantity }] } });
  };
  const [keeps, changesHerMind] = [await lines(30), await lines(31)];
  await keeps(1);
  await changesHerMind(1);
  await move(-7);
  await hear();
  await changesHerMind(0);
  await send();
  expect(mailed()).toEqual(['c30@customer.example']);
});
