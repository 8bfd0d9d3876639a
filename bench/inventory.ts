// Stock set apart by fifty buyers at once, on one hot item and on ten thousand, beside the bare conditional UPDATE that
// guards a count and records nothing; and orders with a coupon placed over HTTP, alone with `--orders`.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { ReservationDesk } from '../apps/server/src/modules/inventory/index.ts';
import { openPostgres, type Postgres } from '../apps/server/src/platform/postgres/index.ts';
import { API_KEY, type BenchServer, startBenchServer, WRITE_KEY } from './bench-server.ts';
import { type Figure, figure, report } from './report.ts';

const BUYERS = 50;
const ITEMS = 10_000;
const CUSTOMERS = 5_000;
const RUN_MS = Number(process.env['BENCH_MS'] ?? 8_000);
const PLENTY = 1_000_000_000;
const clock = { now: () => Date.now(), realDelayMs: (ms: number) => ms };

/** How often a second fifty at once do it, over `RUN_MS`. */
async function rate(act: () => Promise<void>): Promise<number> {
  const until = performance.now() + RUN_MS;
  let done = 0;
  const buyer = async (): Promise<void> => {
    while (performance.now() < until) {
      await act();
      done += 1;
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: BUYERS }, buyer));
  return done / ((performance.now() - from) / 1_000);
}

interface Room {
  readonly postgres: Postgres;
  readonly workspaceId: number;
  readonly locationId: string;
  readonly items: readonly string[];
}

async function openRoom(postgres: Postgres): Promise<Room> {
  const { rows } = await postgres.query<{ id: number }>({ text: 'select min(id) as id from workspace' });
  const workspaceId = rows[0]!.id;
  const locationId = randomUUID();
  await postgres.query({
    text: `insert into location (workspace_id, id, name, kind, state, capabilities, channels, priority, created_at, updated_at)
           values ($1, $2, 'Warehouse', 'warehouse', 'active', '{ship}', '{}', 1, now(), now())`,
    values: [workspaceId, locationId],
  });
  const items = Array.from({ length: ITEMS }, () => randomUUID());
  await postgres.query({
    text: `insert into stock_level (workspace_id, item_id, location_id, on_hand, updated_at)
           select $1, i, $2, $3, now() from unnest($4::uuid[]) as i`,
    values: [workspaceId, locationId, PLENTY, items],
  });
  return { postgres, workspaceId, locationId, items };
}

/** What everybody who oversells should have written, and nothing else: no reservation, no movement, no repeat told. */
function bareUpdate({ postgres, workspaceId, locationId }: Room, itemOf: () => string): () => Promise<void> {
  return async () => {
    const { rowCount } = await postgres.query({
      name: 'bare_update',
      text: `update stock_level set reserved = reserved + 1 where workspace_id = $1 and item_id = $2 and location_id = $3
             and on_hand - unavailable - reserved + backorder_limit >= 1`,
      values: [workspaceId, itemOf(), locationId],
    });
    if (rowCount !== 1) throw new Error('there is none left');
  };
}

function deskReserve(room: Room, itemOf: () => string): () => Promise<void> {
  const desk = new ReservationDesk({ postgres: room.postgres, clock });
  return async () => {
    const outcome = await desk.reserve(room.workspaceId, {
      ...{ ownerRef: `order:${randomUUID()}`, kind: 'order', channel: 'web' },
      lines: [{ variantId: itemOf(), quantity: 1 }],
    });
    if (outcome.kind !== 'reserved') throw new Error(`it is ${outcome.kind}`);
  };
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: object;
}

function caller(server: BenchServer): (call: Call) => Promise<Record<string, unknown>> {
  const agent = new Agent({ keepAlive: true, maxSockets: BUYERS });
  return ({ method, path, body }) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
      const sent = request(`${server.url}${path}`, { method, agent, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text) as Record<string, unknown>);
          else reject(new Error(`${answer.statusCode}: ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });
}

type Api = ReturnType<typeof caller>;

/** A shop with a hundred products in stock and customers it knows. */
interface Shop {
  readonly call: Api;
  readonly variants: readonly string[];
}

async function openShop(server: BenchServer): Promise<Shop> {
  const call = caller(server);
  const price = [{ currency: 'EUR', amountMinor: 1_999 }];
  const products = Array.from({ length: 100 }, (_, n) => ({
    ...{ ref: `p${n}`, title: `Product ${n}` },
    variants: [{ ref: `v${n}`, sku: `SKU-${n}`, prices: price }],
  }));
  const put = await call({ method: 'POST', path: '/api/v1/products', body: { products } });
  const variants = (put['products'] as { variants: { id: string }[] }[]).map(({ variants: [one] }) => one!.id);
  const location = await call({ method: 'POST', path: '/api/v1/locations', body: { name: 'Store', kind: 'store' } });
  const movements = variants.map((variantId) => ({
    ...{ variantId, locationId: location['id'], delta: 1_000_000, reason: 'received' },
  }));
  await call({ method: 'POST', path: '/api/v1/inventory/movements', body: { movements } });
  await knowCustomers(server);
  return { call, variants };
}

const emailOf = (customer: number) => `customer-${customer}@shop.example`;

/** Every customer has been seen before, as most who order have. */
async function knowCustomers(server: BenchServer): Promise<void> {
  for (let from = 0; from < CUSTOMERS; from += 500) {
    const batch = Array.from({ length: 500 }, (_, n) => ({
      ...{ type: 'identify', messageId: `known-${from + n}`, userId: `customer-${from + n}` },
      traits: { email: emailOf(from + n) },
    }));
    await fetch(`${server.url}/v1/batch`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ writeKey: WRITE_KEY, batch }),
    });
  }
  const last = `/api/v1/profiles?identifier=email:${emailOf(CUSTOMERS - 1)}`;
  while (((await server.api('GET', last))['items'] as unknown[]).length === 0) await pause(200);
}

/** Orders a second over HTTP, each of another customer and with a reference of its own. */
async function orderRate({ call, variants }: Shop, fields: object): Promise<number> {
  const run = randomUUID();
  let n = 0;
  return rate(async () => {
    n += 1;
    const body = {
      ...{ reference: `${run}-${n}`, channel: 'web', currency: 'EUR', payment: 'paid' },
      identifier: `email:${emailOf(n % CUSTOMERS)}`,
      lines: [{ variantId: variants[n % variants.length], quantity: 1 }],
      ...fields,
    };
    const { isRepeat } = await call({ method: 'POST', path: '/api/v1/orders', body });
    if (isRepeat !== false) throw new Error('an order was placed twice');
  });
}

/** A code everybody may use. */
async function withCoupon({ call }: Shop): Promise<object> {
  const terms = { benefit: { kind: 'percent', percent: 10 } };
  const campaign = await call({ method: 'POST', path: '/api/v1/coupon-campaigns', body: { name: 'Ten', terms } });
  const path = `/api/v1/coupon-campaigns/${String(campaign['id'])}/pools`;
  await call({ method: 'POST', path, body: { source: 'shared', code: 'TENOFF' } });
  return { couponCodes: ['TENOFF'] };
}

/** Every customer has points, and pays with some of them; each order earns. */
async function withPoints({ call }: Shop): Promise<object> {
  const terms = {
    earn: { rates: [{ currency: 'EUR', points: 1 }] },
    burn: { values: [{ currency: 'EUR', points: 1, amountMinor: 1 }] },
  };
  await call({ method: 'POST', path: '/api/v1/points-programs', body: { key: 'points', name: 'Points', terms } });
  for (let from = 0; from < CUSTOMERS; from += BUYERS) {
    const gifts = Array.from({ length: Math.min(BUYERS, CUSTOMERS - from) }, (_, n) => {
      const gift = { identifier: `email:${emailOf(from + n)}`, points: 1_000_000, reference: `gift-${from + n}` };
      return call({ method: 'POST', path: '/api/v1/points/earn', body: gift });
    });
    await Promise.all(gifts);
  }
  return { points: 100 };
}

/** Stock set apart, beside the bare statement. */
async function stockFigures(postgres: Postgres): Promise<Figure[]> {
  const room = await openRoom(postgres);
  const hot = () => room.items[0]!;
  const any = () => room.items[Math.floor(Math.random() * ITEMS)]!;
  const target = { text: 'ratio >= 0.5', met: (_value: number, ratio: number | null) => (ratio ?? 0) >= 0.5 };
  const bareHot = await rate(bareUpdate(room, hot));
  const ourHot = await rate(deskReserve(room, hot));
  const bareMany = await rate(bareUpdate(room, any));
  const ourMany = await rate(deskReserve(room, any));
  return [
    figure({ name: 'one hot item', value: ourHot, unit: 'reservations/s', limit: bareHot, target }),
    figure({ name: '10,000 items', value: ourMany, unit: 'reservations/s', limit: bareMany, target }),
  ];
}

async function orderFigures(server: BenchServer): Promise<Figure[]> {
  const shop = await openShop(server);
  const coupon = await withCoupon(shop);
  const target = { text: '>= 300/s', met: (value: number) => value >= 300 };
  const withCoupons = await orderRate(shop, coupon);
  const withBoth = await orderRate(shop, { ...coupon, ...(await withPoints(shop)) });
  return [
    figure({ name: 'orders with a coupon', value: withCoupons, unit: 'orders/s', target }),
    figure({ name: 'with a coupon and points', value: withBoth, unit: 'orders/s', target }),
  ];
}

const server = await startBenchServer();
const postgres = openPostgres({ url: server.postgresUrl, applicationName: 'bench', maxConnections: BUYERS });
try {
  const stock = process.argv.includes('--orders') ? [] : await stockFigures(postgres);
  report('inventory', [...stock, ...(await orderFigures(server))]);
} finally {
  await postgres.close();
  await server.stop();
}
