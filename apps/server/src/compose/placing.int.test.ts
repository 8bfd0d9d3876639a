import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommerce } from './commerce.ts';
import { AppError } from '../platform/errors.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import { publicId } from '../platform/ids/index.ts';
import { upsertProducts } from '../modules/catalog/index.ts';
import { API_KEY, createEngines, type Engines, openWorld, type World } from '../modules/events/testing/world.ts';
import { recordMovements, upsertLocations } from '../modules/inventory/index.ts';
import { type PlaceOrder, placeTogether } from '../modules/orders/testing/place-together.ts';

let engines: Engines;
let world: World;
let store: string;
let serial = 0;
const commerce = createCommerce();

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  await inTransaction(world.ctx, async (ctx) => {
    const [made] = await upsertLocations(ctx, [{ ref: { source: 'api', id: 'store' }, name: 'Store', kind: 'store' }]);
    store = made!;
  });
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

/** A product of which there are so many pieces, at 10 EUR. */
async function product(pieces: number, title = 'Tee'): Promise<string> {
  const id = `p${++serial}`;
  return inTransaction(world.ctx, async (ctx) => {
    const variant = { ref: { source: 'api', id }, prices: [{ currency: 'EUR', amountMinor: 1_000 }] };
    const ref = { source: 'api', id };
    const [made] = await upsertProducts(ctx, [{ ref, title, status: 'active', variants: [variant] }]);
    const variantId = made!.variantIds.get(id)!;
    const found = { variantId, locationId: store, field: 'on_hand' as const, delta: pieces, reason: 'received' };
    await recordMovements(ctx, [found]);
    return variantId;
  });
}

async function call(path: string, body: unknown, headers: Record<string, string> = {}) {
  return world.post(path, body, { authorization: `Bearer ${API_KEY}`, ...headers });
}

/** A code for a tenth off that so many may use. */
async function coupon(uses: number): Promise<string> {
  const terms = { benefit: { kind: 'percent', percent: 10 } };
  const { body } = await call('/api/v1/coupon-campaigns', {
    ...{ name: `Ten ${++serial}`, terms, limits: { total: uses } },
  });
  const code = `TENOFF${serial}`;
  const pool = await call(`/api/v1/coupon-campaigns/${String(body['id'])}/pools`, { source: 'shared', code });
  expect(pool.status).toBe(201);
  return code;
}

const sold = (variantId: string, fields: Record<string, unknown> = {}) => ({
  ...{ reference: `o-${++serial}`, channel: 'web', currency: 'EUR', identifier: `email:c${serial}@customer.example` },
  lines: [{ variantId: publicId('var', variantId), quantity: 1 }],
  ...fields,
});

const wish = (variantId: string, fields: Partial<PlaceOrder> = {}): PlaceOrder => ({
  ...{ source: 'api', reference: `o-${++serial}`, channel: 'web', currency: 'EUR', owner: undefined, who: {} },
  ...{ lines: [{ variantId, quantity: 1 }], shippingMinor: 0, taxMinor: 0, couponCodes: [], points: 0 },
  ...{ payment: 'paid', isHandedOver: false, isPreorder: false },
  ...fields,
});

/** In one transaction: what became of each. */
async function place(wishes: readonly PlaceOrder[]): Promise<string[]> {
  const outcomes = await inTransaction(world.ctx, (ctx) => placeTogether(ctx, commerce, wishes));
  return outcomes.map((one) => (one instanceof AppError ? (one.details[0]?.field ?? one.message) : 'placed'));
}

async function count(text: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await world.services.postgres.query<{ n: number }>({ text, values });
  return rows[0]!.n;
}

/** Traces of orders in every table that placing writes. */
async function tracesOf(references: readonly string[]): Promise<number[]> {
  const orders = 'select id from shop_order where source_order_id = any($1)';
  return Promise.all([
    count('select count(*)::int as n from shop_order where source_order_id = any($1)', [references]),
    count(`select count(*)::int as n from order_line where order_id in (${orders})`, [references]),
    count('select count(*)::int as n from coupon_redemption where order_ref = any($1)', [references]),
  ]);
}

async function reservedOf(variantId: string): Promise<number> {
  return count('select sum(reserved)::int as n from stock_level where item_id = $1', [variantId]);
}

describe('orders that are placed at the same time', () => {
  it('sell what there is and no more, each with its own answer', async () => {
    const variantId = await product(20);
    const bodies = Array.from({ length: 50 }, () => sold(variantId));
    const answers = await Promise.all(bodies.map((body) => call('/api/v1/orders', body)));
    const placed = answers.flatMap(({ status }, at) => (status === 201 ? [bodies[at]!.reference] : []));
    expect(placed).toHaveLength(20);
    for (const [at, { status, body }] of answers.entries()) {
      if (status === 201) expect(body).toMatchObject({ order: { sourceOrderId: bodies[at]!.reference } });
      else
        expect({ status, body }).toMatchObject({
          status: 409,
          body: { errors: [{ field: 'lines[0].quantity', message: 'asks for 1; there are 0' }] },
        });
    }
    expect(await reservedOf(variantId)).toBe(20);
    expect(await tracesOf(bodies.map(({ reference }) => reference))).toEqual([20, 20, 0]);
    const owners = `select count(*)::int as n from reservation r join reservation_owner o using (workspace_id, owner_ref)
                    where r.item_id = $1`;
    expect(await count(owners, [variantId])).toBe(20);
  });

  it('are each refused for their own reason, and the others are placed as if these had never been asked for', async () => {
    const [variantId, scarce] = [await product(100), await product(1)];
    const code = await coupon(100);
    const couponCodes = [code];
    const wishes = [
      wish(variantId, { couponCodes }),
      wish(variantId, { couponCodes: ['NO-SUCH-CODE'] }),
      wish(variantId, { couponCodes, expectedTotalMinor: 1 }),
      wish(randomUUID(), { couponCodes }),
      wish(variantId, { couponCodes, expectedTotalMinor: 900 }),
      wish(scarce, { lines: [{ variantId: scarce, quantity: 2 }] }),
      wish(variantId, { points: 5 }),
      wish(variantId),
    ];
    expect(await place(wishes)).toEqual([
      ...['placed', 'couponCodes[0]', 'expectedTotalMinor', 'lines[0].variantId', 'placed', 'lines[0].quantity'],
      ...['points', 'placed'],
    ]);
    expect(await tracesOf(wishes.map(({ reference }) => reference))).toEqual([3, 3, 2]);
    expect([await reservedOf(variantId), await reservedOf(scarce)]).toEqual([3, 0]);
    const used = `select p.redeemed + p.held as n from coupon_campaign p join coupon_code c on c.campaign_id = p.id
                  where c.code = $1`;
    expect(await count(used, [code])).toBe(2);
  });

  it('leave the last piece and the last use of a code to whom nothing stands in the way', async () => {
    const [last, many] = [await product(1), await product(10)];
    const couponCodes = [await coupon(1)];
    const wishes = [
      wish(last, { couponCodes, expectedTotalMinor: 1 }),
      wish(last, { couponCodes: ['NO-SUCH-CODE'] }),
      wish(many, { couponCodes }),
      wish(last),
      wish(many, { couponCodes }),
      wish(last),
    ];
    expect(await place(wishes)).toEqual([
      ...['expectedTotalMinor', 'couponCodes[0]', 'placed', 'placed', 'couponCodes[0]', 'lines[0].quantity'],
    ]);
    expect(await tracesOf(wishes.map(({ reference }) => reference))).toEqual([2, 2, 1]);
    expect([await reservedOf(last), await reservedOf(many)]).toEqual([1, 1]);
  });

  it('under one reference are one order, and under one idempotency key one answer', async () => {
    const variantId = await product(50);
    const body = sold(variantId);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('/api/v1/orders', body)));
    const ids = new Set(answers.map((one) => (one.body['order'] as { id: string }).id));
    expect([ids.size, answers.filter((one) => one.body['isRepeat'] === false).length]).toEqual([1, 1]);
    const keyed = Array.from({ length: 10 }, (_, at) => ({ body: sold(variantId), key: `k-${serial}-${at}` }));
    const send = () =>
      Promise.all([...keyed, ...keyed].map((one) => call('/api/v1/orders', one.body, { 'idempotency-key': one.key })));
    const first = await send();
    const again = await send();
    expect(first.map(({ status }) => status)).toEqual(first.map(() => 201));
    expect(again.map((one) => one.body)).toEqual([...first.slice(0, 10), ...first.slice(0, 10)].map((one) => one.body));
    expect(again.every((one) => one.headers['idempotent-replayed'] === 'true')).toBe(true);
    expect(first.every((one) => one.body['isRepeat'] === false)).toBe(true);
    expect(await reservedOf(variantId)).toBe(11);
    const other = await call('/api/v1/orders', sold(variantId), { 'idempotency-key': keyed[0]!.key });
    expect(other).toMatchObject({ status: 409, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });

  it('and refused leave their idempotency keys free for when they can be placed', async () => {
    const variantId = await product(1);
    const keyed = Array.from({ length: 5 }, (_, at) => ({ body: sold(variantId), key: `free-${serial}-${at}` }));
    const send = () =>
      Promise.all(keyed.map((one) => call('/api/v1/orders', one.body, { 'idempotency-key': one.key })));
    expect((await send()).map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    await inTransaction(world.ctx, (ctx) =>
      recordMovements(ctx, [{ variantId, locationId: store, field: 'on_hand', delta: 4, reason: 'received' }]),
    );
    expect((await send()).map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(await reservedOf(variantId)).toBe(5);
  });

  it('are audited one by one, and those that were refused or placed before are not', async () => {
    const [plenty, none] = [await product(50), await product(0)];
    const placed = 'select count(*)::int as n from audit_entry where action = $1';
    const before = await count(placed, ['order.placed']);
    const bodies = [...Array.from({ length: 8 }, () => sold(plenty)), ...Array.from({ length: 4 }, () => sold(none))];
    const answers = await Promise.all([...bodies, bodies[0]].map((body) => call('/api/v1/orders', body)));
    const ids = answers.flatMap(({ status, body }) => (status === 201 ? [(body['order'] as { id: string }).id] : []));
    const subjects = await count('select count(*)::int as n from audit_entry where subject = any($1)', [ids]);
    expect([(await count(placed, ['order.placed'])) - before, subjects]).toEqual([8, 8]);
  });

  it('and fail together are tried alone: one that cannot be placed at all takes no other along, and leaves nothing', async () => {
    const [poison, good] = [await product(50, 'Poison'), await product(50)];
    await world.services.postgres.query({
      text: `create function refuse_poison() returns trigger language plpgsql as
               $$ begin if new.name = 'Poison' then raise exception 'poison'; end if; return new; end $$;
             create trigger refuse_poison before insert on order_line for each row execute function refuse_poison()`,
    });
    const bodies = Array.from({ length: 20 }, (_, at) => sold(at % 10 === 7 ? poison : good));
    const answers = await Promise.all(bodies.map((body) => call('/api/v1/orders', body)));
    expect(answers.map(({ status }) => status)).toEqual(bodies.map((_, at) => (at % 10 === 7 ? 500 : 201)));
    expect(await tracesOf(bodies.map(({ reference }) => reference))).toEqual([18, 18, 0]);
    expect([await reservedOf(poison), await reservedOf(good)]).toEqual([0, 18]);
  });
});

describe('a pre-order', () => {
  it('takes of what is coming and no more, keeps off what lies there, and is sent once its goods are in', async () => {
    const variantId = await product(1);
    const incoming = await call('/api/v1/inventory/incoming', {
      ...{ variantId: publicId('var', variantId), locationId: publicId('loc', store), quantity: 2 },
      dueAt: '2027-01-10T00:00:00.000Z',
    });
    expect(incoming.status).toBe(201);
    const preorder = () => call('/api/v1/orders', sold(variantId, { isPreorder: true, payment: 'paid' }));
    const answers = await Promise.all([preorder(), preorder(), preorder()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409]);
    const [first] = answers.filter(({ status }) => status === 201).map(({ body }) => body['order'] as { id: string });
    expect(first).toMatchObject({ isPreorder: true, promisedAt: '2027-01-10T00:00:00.000Z' });
    expect((await call('/api/v1/orders', sold(variantId))).status).toBe(201);
    expect(await reservedOf(variantId)).toBe(1);
    const { id } = incoming.body as { id: string };
    expect((await call(`/api/v1/inventory/incoming/${id}/receive`, { quantity: 2 })).status).toBe(200);
    expect(await reservedOf(variantId)).toBe(3);
    const sent = await call(`/api/v1/orders/${first!.id}/fulfilments`, { reference: 'parcel' });
    expect(sent).toMatchObject({ body: { fulfilment: 'fulfilled' } });
    expect(await reservedOf(variantId)).toBe(2);
  });

  it('that somebody takes along is refused', async () => {
    const variantId = await product(1);
    const refused = await call('/api/v1/orders', sold(variantId, { isPreorder: true, isHandedOver: true }));
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'isHandedOver' }] } });
  });
});
