import { setTimeout as pause } from 'node:timers/promises';
import { connectWorld, openShopWorld, readSandboxClock, type ShopWorld } from '@segue/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltServer, buildServer } from './testing/build-server.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { API_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

/** Ten minutes of the shops' in a second. */
const SCALE = 600;
const LIVES_MS = 40_000;
const AGREE_WITHIN_MS = 90_000;

let built: BuiltServer;
let folder: DataFolder;
let server: KeptServer;
let api: ApiClient;
let world: ShopWorld;
const said: string[] = [];

beforeAll(async () => {
  const now = Date.now();
  const clock = JSON.stringify({ scale: SCALE, realStartMs: now, virtualStartMs: now });
  built = await buildServer();
  folder = makeDataFolder();
  const env = { SEGUE_CLOCK: clock, SEGUE_OUTBOUND_ALLOW: '127.0.0.1' };
  server = await keepServer({ command: [built.script], dataDir: folder.path, port: await freePort(), env });
  api = createApiClient(server.url);
  world = await openShopWorld({
    ...{ clock: readSandboxClock(clock), seed: 7, shopUrl: 'http://127.0.0.1:1/shop/' },
    pace: { ordersPerHour: 12, shoppers: 40 },
  });
}, 120_000);

afterAll(async () => {
  await world?.close();
  await server?.stop();
  folder?.remove();
  built?.remove();
}, 60_000);

interface Order {
  readonly source: string;
  readonly sourceOrderId: string;
}

async function differences(): Promise<string[]> {
  const orders = await api.list<Order>('/orders');
  const bookOf = (kind: string) =>
    new Map(orders.filter(({ source }) => source.startsWith(`${kind}:`)).map((one) => [one.sourceOrderId, one]));
  const web = bookOf('shopify');
  const missing = [...world.shopify.shop.state.orders.keys()].filter((id) => !web.has(String(id)));
  const market = bookOf('woocommerce');
  const taken = [...world.woo.shop.state.orders.values()].filter(({ status }) =>
    ['processing', 'completed'].includes(status),
  );
  const untaken = taken.filter(({ id }) => !market.has(String(id)));
  const extra = [...web.keys()].filter(
    (id) => ![...world.shopify.shop.state.orders.keys()].some((one) => String(one) === id),
  );
  return [
    ...missing.map((id) => `web order ${id} is missing`),
    ...untaken.map(({ id }) => `market order ${id} is missing`),
    ...extra.map((id) => `web order ${id} is nobody's`),
    ...(web.size === 0 || taken.length === 0 || bookOf('pos').size === 0 ? ['a shop has sold nothing'] : []),
    ...(new Set(orders.map(({ source, sourceOrderId }) => `${source} ${sourceOrderId}`)).size < orders.length
      ? ['an order is there twice']
      : []),
    ...(await levelDifferences()),
  ];
}

/** What lies on the web shop's shelves is what Segue says lies there. */
async function levelDifferences(): Promise<string[]> {
  const { levels, locations, variants } = shelves();
  const known = await api.list<{ variantId: string; locationId: string; onHand: number; reserved: number }>(
    '/inventory/levels',
  );
  const places = await api.list<{ id: string; name: string }>('/locations');
  const products = await api.list<{ variants: { id: string; sku: string | null }[] }>('/products');
  const skuOf = new Map(products.flatMap((one) => one.variants.map(({ id, sku }) => [id, sku] as const)));
  const placeOf = new Map(places.map(({ id, name }) => [id, name]));
  const ours = new Map(
    known.map((level) => [
      `${skuOf.get(level.variantId)} ${placeOf.get(level.locationId)}`,
      level.onHand - level.reserved,
    ]),
  );
  return levels.flatMap(({ itemId, locationId, available }) => {
    const name = `${variants.get(itemId)} ${locations.get(locationId)}`;
    return ours.get(name) === available ? [] : [`${name}: ${ours.get(name)} here, ${available} there`];
  });
}

function shelves() {
  const { levels, locations, products } = world.shopify.shop.state;
  const variants = [...products.values()].flatMap((product) => [...product.variants]);
  return {
    levels: [...levels.values()],
    locations: new Map([...locations.values()].map(({ id, name }) => [id, name])),
    variants: new Map(variants.map((variant) => [variant.itemId, variant.sku])),
  };
}

it('a web shop, a marketplace and a till that lose, repeat and reorder what they tell end as Segue says: the same orders, once each, and the same on the web shop’s shelves', async () => {
  const endsAt = performance.now() + LIVES_MS;
  const options = { server: server.url, apiKey: API_KEY, log: (line: string) => said.push(line) };
  let connected: Awaited<ReturnType<typeof connectWorld>>;
  while (performance.now() < endsAt) {
    connected = await connectWorld(options, world, connected);
    await world.live();
    await pause(250);
  }
  let seen: string[] = [];
  await until(
    'the books agree',
    async () => {
      seen = await differences();
      return seen.length === 0;
    },
    { timeoutMs: AGREE_WITHIN_MS, seen: () => ({ seen, said, log: server.output().slice(-2_000) }) },
  );
  expect(said).toEqual([]);
}, 200_000);
