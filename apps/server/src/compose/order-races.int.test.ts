import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upsertProducts } from '../modules/catalog/index.ts';
import { API_KEY, createEngines, type Engines, openWorld, type World } from '../modules/events/testing/world.ts';
import { recordMovements, upsertLocations } from '../modules/inventory/index.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import { publicId } from '../platform/ids/index.ts';

const CONNECTIONS = 50;
const PRICE_MINOR = 1_000;
const ORDERED = 10;
let engines: Engines;
let world: World;
let serverKey: string;
let serial = 0;

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { maxConnections: CONNECTIONS });
  world.work();
  const source = await call('/api/v1/sources', { name: 'Server', kind: 'server' });
  serverKey = (source.body['writeKey'] as { key?: string }).key!;
  const terms = { earn: { rates: [{ currency: 'EUR', points: 1 }] } };
  await call('/api/v1/points-programs', { key: 'stars', name: 'Stars', terms });
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const call = (path: string, body: unknown) => world.post(path, body, { authorization: `Bearer ${API_KEY}` });

interface Shelf {
  readonly variantId: string;
  readonly locationId: string;
  readonly identifier: string;
}

/** A product of its own, twenty pieces of it, and a customer. */
async function newShelf(): Promise<Shelf> {
  const name = `tee-${++serial}`;
  const shelf = await inTransaction(world.ctx, async (ctx) => {
    const [product] = await upsertProducts(ctx, [
      {
        ...{ ref: { source: 'api', id: name }, title: name, status: 'active' as const },
        variants: [
          { ref: { source: 'api', id: name }, sku: name, prices: [{ currency: 'EUR', amountMinor: PRICE_MINOR }] },
        ],
      },
    ]);
    const variantId = product!.variantIds.get(name)!;
    const [locationId] = await upsertLocations(ctx, [{ ref: { source: 'api', id: name }, name, kind: 'store' }]);
    await recordMovements(ctx, [
      { variantId, locationId: locationId!, field: 'on_hand', delta: 2 * ORDERED, reason: 'received' },
    ]);
    return { variantId: publicId('var', variantId), locationId: publicId('loc', locationId!) };
  });
  const batch = [{ type: 'track', event: 'Seen', userId: name }];
  await world.post('/v1/batch', { writeKey: serverKey, batch });
  await world.settle();
  return { ...shelf, identifier: `userId:${name}` };
}

type Act =
  | { kind: 'pay' | 'cancel' }
  | { kind: 'fulfil'; quantity: number }
  | { kind: 'refund'; amount: number; quantity: number; restock: 'cancel' | 'return' | 'none' };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('pay' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const) }) },
  {
    weight: 24,
    arbitrary: fc.record({ kind: fc.constant('fulfil' as const), quantity: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 32,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      amount: fc.integer({ min: 0, max: 3_000 }),
      quantity: fc.integer({ min: 1, max: 4 }),
      restock: fc.constantFrom('cancel' as const, 'return' as const, 'none' as const),
    }),
  },
);

function send(id: string, one: Act, at: { reference: string; locationId: string }) {
  const { reference, locationId } = at;
  switch (one.kind) {
    case 'pay':
    case 'cancel':
      return call(`/api/v1/orders/${id}/${one.kind}`, {});
    case 'fulfil':
      return call(`/api/v1/orders/${id}/fulfilments`, { reference, lines: [{ lineId: '1', quantity: one.quantity }] });
    case 'refund': {
      const { quantity, restock } = one;
      const lines = [{ lineId: '1', quantity, restock, ...(restock === 'return' && { locationId }) }];
      return call(`/api/v1/orders/${id}/refunds`, { reference, amountMinor: one.amount, lines });
    }
  }
}

interface Order {
  readonly id: string;
  readonly payment: string;
  readonly standing: string;
  readonly totalMinor: number;
  readonly paidMinor: number;
  readonly refundedMinor: number;
  readonly lines: readonly { quantity: number; cancelled: number; fulfilled: number; returned: number }[];
}

describe('an order', () => {
  it('keeps its invariants whatever fifty callers do with it at once, each thing said twice: nothing comes back that has not left, no more is refunded than was paid, stock and points follow', async () => {
    const acts = fc.array(act, { minLength: CONNECTIONS / 2, maxLength: CONNECTIONS / 2 });
    await fc.assert(
      fc.asyncProperty(acts, fc.boolean(), async (wanted, isPaid) => {
        const shelf = await newShelf();
        const { variantId, locationId, identifier } = shelf;
        const placed = await call('/api/v1/orders', {
          ...{ reference: `race-${serial}`, channel: 'web', currency: 'EUR', payment: isPaid ? 'paid' : 'pending' },
          ...{ identifier, lines: [{ variantId, quantity: ORDERED }] },
        });
        const { id } = placed.body['order'] as unknown as Order;
        const answers = await Promise.all(
          [...wanted, ...wanted].map((one, n) => send(id, one, { reference: `r${n % wanted.length}`, locationId })),
        );
        for (const { status } of answers) expect([200, 201, 409]).toContain(status);
        const order = (await world.get(`/api/v1/orders/${id}`)).body as unknown as Order;
        expectSound(order);
        const done = wanted.filter((_, n) => [n, n + wanted.length].some((at) => answers[at]!.status < 300));
        const refunds = done.flatMap((one) => (one.kind === 'refund' ? [one.amount] : []));
        expect(order.refundedMinor).toBe(refunds.reduce((sum, amount) => sum + amount, 0));
        await expectStock(shelf, order);
        await expectPoints(identifier, order);
      }),
      { numRuns: propertyRuns(8) },
    );
  });
});

function expectSound({ lines, paidMinor, refundedMinor }: Order): void {
  for (const { quantity, cancelled, fulfilled, returned } of lines) {
    expect(returned).toBeLessThanOrEqual(fulfilled);
    expect(fulfilled).toBeLessThanOrEqual(quantity - cancelled);
  }
  expect(refundedMinor).toBeLessThanOrEqual(paidMinor);
}

/** What left is gone, what came back is there, and what is still to be sent is set apart. */
async function expectStock({ variantId }: Shelf, { lines, standing }: Order): Promise<void> {
  const [{ quantity, cancelled, fulfilled, returned }] = lines as [Order['lines'][number]];
  const open = standing === 'cancelled' ? 0 : quantity - cancelled - fulfilled;
  const { body } = await world.get(`/api/v1/inventory/levels?variantId=${variantId}`);
  expect(body['items']).toMatchObject([{ onHand: 2 * ORDERED - fulfilled + returned, reserved: open }]);
}

async function expectPoints(identifier: string, order: Order): Promise<void> {
  const [{ quantity, cancelled, returned }] = order.lines as [Order['lines'][number]];
  const isEarned = order.standing !== 'cancelled' && ['paid', 'partially_refunded'].includes(order.payment);
  const kept = Math.min((quantity - cancelled - returned) * PRICE_MINOR, order.totalMinor - order.refundedMinor);
  const { body } = await world.get(`/api/v1/points?identifier=${encodeURIComponent(identifier)}`);
  const balance = (body['programs'] as { balance: number }[])[0]?.balance ?? 0;
  expect(balance).toBe(isEarned ? Math.floor(kept / 100) : 0);
}
