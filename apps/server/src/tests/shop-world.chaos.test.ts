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
let openWorld: (saved?: string) => Promise<ShopWorld>;
const said: string[] = [];

beforeAll(async () => {
  const now = Date.now();
  const clock = JSON.stringify({ scale: SCALE, realStartMs: now, virtualStartMs: now });
  built = await buildServer();
  folder = makeDataFolder();
  const env = { SEGUE_CLOCK: clock, SEGUE_OUTBOUND_ALLOW: '127.0.0.1' };
  server = await keepServer({ command: [built.script], dataDir: folder.path, port: await freePort(), env });
  api = createApiClient(server.url);
  const ports = { shopify: await freePort(), woo: await freePort() };
  openWorld = (saved) =>
    openShopWorld({
      ...{ clock: readSandboxClock(clock), seed: 7, shopUrl: 'http://127.0.0.1:1/shop/', ports, saved },
      pace: { ordersPerHour: 12, shoppers: 40 },
    });
  world = await openWorld();
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
  readonly standing: string;
  readonly totalMinor: number;
  readonly paidMinor: number;
  readonly refundedMinor: number;
  readonly lines: readonly { readonly quantity: number; readonly fulfilled: number }[];
}

/** What matters of an order: as whoever sold it knows it, or as the book does. */
interface Truth {
  readonly total: number;
  readonly paid: number;
  readonly refunded: number;
  readonly isCancelled: boolean;
  readonly isSent: boolean;
}

const sum = (amounts: readonly number[]): number => amounts.reduce((all, amount) => all + amount, 0);

function truthOf({ totalMinor: total, paidMinor: paid, refundedMinor: refunded, standing, lines }: Order): Truth {
  const isSent = lines.some(({ fulfilled }) => fulfilled > 0);
  return { total, paid, refunded, isCancelled: standing === 'cancelled', isSent };
}

function webOrders(): Map<string, Truth> {
  const orders = [...world.shopify.shop.state.orders.values()];
  return new Map(
    orders.map(({ id, lines, transactions, shippingMinor, cancelledAtMs }) => {
      const moved = (...kinds: readonly string[]) =>
        sum(transactions.filter(({ kind }) => kinds.includes(kind)).map(({ amountMinor }) => amountMinor));
      const goods = lines.map((line) => line.priceMinor * line.quantity - line.discountMinor + line.taxMinor);
      const truth = {
        ...{ total: sum(goods) + shippingMinor, paid: moved('sale', 'capture'), refunded: moved('refund') },
        ...{ isCancelled: cancelledAtMs !== undefined, isSent: lines.some(({ fulfilled }) => fulfilled > 0) },
      };
      return [String(id), truth];
    }),
  );
}

function marketOrders(): Map<string, Truth> {
  const orders = [...world.woo.shop.state.orders.values()];
  return new Map(
    orders.map(({ id, lines, refunds, shippingMinor, status, paidAtMs, completedAtMs }) => {
      const total = sum(lines.map((line) => line.totalMinor + line.taxMinor)) + shippingMinor;
      const truth = {
        ...{ total, paid: paidAtMs === undefined ? 0 : total },
        refunded: sum(refunds.map(({ amountMinor }) => amountMinor)),
        isCancelled: status === 'cancelled' || status === 'failed',
        isSent: completedAtMs !== undefined,
      };
      return [String(id), truth];
    }),
  );
}

function tillSales(): Map<string, Truth> {
  const items = world.till?.journal.items ?? [];
  return new Map(
    items.flatMap((sale): [string, Truth][] => {
      if (sale.kind !== 'sale') return [];
      const goods = sale.lines.map((line) => line.unitPriceMinor * line.quantity - line.discountMinor);
      const total = sum(goods) - sale.discountMinor + sale.taxMinor;
      const back = items.map((item) => (item.kind === 'refund' && item.saleId === sale.id ? item.amountMinor : 0));
      return [[sale.id, { total, paid: total, refunded: sum(back), isCancelled: false, isSent: true }]];
    }),
  );
}

async function differences(): Promise<string[]> {
  const orders = await api.list<Order>('/orders');
  const names = new Set(orders.map(({ source, sourceOrderId }) => `${source} ${sourceOrderId}`));
  const sold = { shopify: webOrders(), woocommerce: marketOrders(), pos: tillSales() };
  const differing = Object.entries(sold).flatMap(([kind, theirs]) => {
    const own = orders.filter(({ source }) => source.startsWith(`${kind}:`));
    const ours = new Map(own.map((one) => [one.sourceOrderId, truthOf(one)]));
    const wrong = [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((id) => {
      const [here, there] = [JSON.stringify(ours.get(id)), JSON.stringify(theirs.get(id))];
      return here === there ? [] : [`${kind} order ${id}: ${here} here, ${there} there`];
    });
    return theirs.size === 0 ? [`${kind} has sold nothing`] : wrong;
  });
  return [
    ...differing,
    ...(names.size < orders.length ? ['an order is there twice'] : []),
    ...(await levelDifferences()),
  ];
}

/** What lies on the shelves of the web shop and of the marketplace is what Segue says lies there. */
async function levelDifferences(): Promise<string[]> {
  const { levels, locations, variants } = shelves();
  const known = await api.list<{ variantId: string; locationId: string; onHand: number; reserved: number }>(
    '/inventory/levels',
  );
  const places = await api.list<{ id: string; name: string }>('/locations');
  const products = await api.list<{ variants: { id: string; sku: string | null }[] }>('/products');
  const skuOf = new Map(products.flatMap((one) => one.variants.map(({ id, sku }) => [id, sku] as const)));
  const placeOf = new Map(places.map(({ id, name }) => [id, name]));
  const onTheWeb = new Set(locations.values());
  const ours = new Map(
    known.map((level) => [
      `${skuOf.get(level.variantId)} ${placeOf.get(level.locationId)}`,
      level.onHand - level.reserved,
    ]),
  );
  const elsewhere = (sku: string): number =>
    sum(
      known
        .filter((level) => skuOf.get(level.variantId) === sku && !onTheWeb.has(placeOf.get(level.locationId) ?? ''))
        .map((level) => level.onHand - level.reserved),
    );
  const market = [...world.woo.shop.state.products.values()].flatMap(({ sku, quantity }) =>
    elsewhere(sku) === quantity ? [] : [`${sku} on the market: ${elsewhere(sku)} here, ${quantity} there`],
  );
  const web = levels.flatMap(({ itemId, locationId, available }) => {
    const name = `${variants.get(itemId)} ${locations.get(locationId)}`;
    return ours.get(name) === available ? [] : [`${name}: ${ours.get(name)} here, ${available} there`];
  });
  return [...web, ...market];
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

type Connected = Awaited<ReturnType<typeof connectWorld>>;

/** Segue alone: the shops go on and are heard later. */
async function killServer(connected: Connected): Promise<Connected> {
  await server.kill();
  await world.live();
  await server.start();
  return connected;
}

/** The whole demo: the shops go on where they were, and connect anew. */
async function stopEverything(): Promise<Connected> {
  const saved = world.save();
  await world.close();
  await server.kill();
  world = await openWorld(saved);
  await server.start();
  return undefined;
}

it('a web shop, a marketplace and a till that lose, repeat and reorder what they tell, are killed and started again, end as Segue says: every order and sale once, with its amounts and what became of it, and the same on every shelf', async () => {
  const beganAt = performance.now();
  const stops = [killServer, stopEverything];
  const options = { server: server.url, apiKey: API_KEY, log: (line: string) => said.push(line) };
  let connected: Connected;
  while (performance.now() < beganAt + LIVES_MS) {
    const isDue = performance.now() > beganAt + (LIVES_MS * (3 - stops.length)) / 3;
    const stop = isDue ? stops.shift() : undefined;
    if (stop !== undefined) connected = await stop(connected);
    connected = await connectWorld(options, world, connected);
    await world.live();
    await pause(250);
  }
  // Its line is mended: what it sold meanwhile it tells now.
  world.till?.goOnline();
  let seen: string[] = [];
  await until(
    'the books agree',
    async () => {
      await world.till?.flush();
      seen = await differences();
      return seen.length === 0;
    },
    { timeoutMs: AGREE_WITHIN_MS, seen: () => ({ seen, said, log: server.output().slice(-2_000) }) },
  );
  expect(said).toEqual([]);
}, 200_000);
