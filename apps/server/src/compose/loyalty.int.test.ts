import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upsertProducts } from '../modules/catalog/index.ts';
import { runAnnouncements } from '../modules/events/index.ts';
import {
  API_KEY,
  createEngines,
  type Engines,
  NOW,
  openWorld,
  type World,
  WRITE_KEY,
} from '../modules/events/testing/world.ts';
import { recordMovements, upsertLocations } from '../modules/inventory/index.ts';
import { runDuePoints, runPointsNews } from '../modules/loyalty/index.ts';
import { batchOf, type OrderInput } from '../modules/orders/index.ts';
import { runDueWakes } from '../modules/segments/index.ts';
import { fillSegments } from './testing/fill-segments.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import { publicId } from '../platform/ids/index.ts';
import { createCommerce } from './commerce.ts';

const DAY_MS = 24 * 60 * 60_000;
let engines: Engines;
let world: World;
let shirt: string;
let book: string;
/** How long after the beginning it is. */
let laterMs = 0;
let serverKey: string;
const commerce = createCommerce();

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { clock: { now: () => NOW + laterMs, realDelayMs: () => 0 } });
  world.work();
  await inTransaction(world.ctx, async (ctx) => {
    const product = (id: string, amountMinor: number, tags: string[]) => ({
      ...{ ref: { source: 'api', id }, title: id, status: 'active' as const, tags },
      variants: [{ ref: { source: 'api', id: `${id}-v` }, sku: id, prices: [{ currency: 'EUR', amountMinor }] }],
    });
    const made = await upsertProducts(ctx, [product('shirt', 2_000, ['double']), product('book', 1_050, [])]);
    [shirt, book] = made.map(({ variantIds }) => [...variantIds.values()][0]!) as [string, string];
    const [store] = await upsertLocations(ctx, [
      { ref: { source: 'api', id: 'store' }, name: 'Store', kind: 'store' as const },
    ]);
    await recordMovements(
      ctx,
      [shirt, book].map((variantId) => ({
        ...{ variantId, locationId: store!, field: 'on_hand' as const, delta: 1_000, reason: 'received' as const },
      })),
    );
  });
  const source = await call('/api/v1/sources', { name: 'Server', kind: 'server' });
  serverKey = (source.body['writeKey'] as { key?: string }).key!;
  const program = await call('/api/v1/points-programs', {
    key: 'stars',
    name: 'Stars',
    startsAt: new Date(NOW - DAY_MS).toISOString(),
    terms: {
      earn: { rates: [{ currency: 'EUR', points: 1 }], multipliers: [{ match: { tag: 'double' }, by: 2 }] },
      burn: { values: [{ currency: 'EUR', points: 100, amountMinor: 100 }], minimum: 10, step: 10 },
      expiry: { kind: 'days', days: 365 },
      noticeDays: 30,
      isTransferable: true,
    },
  });
  expect(program.status).toBe(201);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const call = (path: string, body: unknown) => world.post(path, body, { authorization: `Bearer ${API_KEY}` });

async function tellAll(): Promise<void> {
  for (let told = 1; told > 0;) {
    told = (await runAnnouncements(world.services, world)) + (await runPointsNews(world.services));
    await world.settle();
  }
}

let serial = 0;
/** Sends an event; `writeKey` of a server is trusted, that of the web site is not. */
async function send(writeKey: string, event: Record<string, unknown>): Promise<void> {
  const sent = await world.post('/v1/batch', { writeKey, batch: [{ type: 'track', ...event }] });
  expect(sent.body).toMatchObject({ accepted: 1 });
}

async function newCustomer(who = `u${serial + 1}`): Promise<string> {
  const email = `c${++serial}@customer.example`;
  const named = who === '' ? { anonymousId: `a${serial}` } : { userId: who };
  await send(serverKey, { event: 'Signed Up', ...named, context: { traits: { email } } });
  await world.settle();
  return `email:${email}`;
}

interface Standing {
  readonly balance: number;
  readonly pending: number;
  readonly debt: number;
}

async function points(identifier: string): Promise<Standing | undefined> {
  const { body } = await world.get(`/api/v1/points?identifier=${encodeURIComponent(identifier)}`);
  const [program] = body['programs'] as unknown as Standing[];
  return program === undefined ? undefined : { balance: program.balance, pending: program.pending, debt: program.debt };
}

const give = (identifier: string, amount: number) =>
  call('/api/v1/points/earn', { identifier, points: amount, reference: `gift-${++serial}` });

async function placed(fields: Record<string, unknown>): Promise<{ id: string; totalMinor: number; status: number }> {
  const { status, body } = await call('/api/v1/orders', {
    ...{ reference: `o-${++serial}`, channel: 'web', currency: 'EUR', payment: 'paid' },
    ...fields,
  });
  const order = (body['order'] ?? {}) as { id: string; totalMinor: number };
  return { ...order, status };
}

const line = (variantId: string, quantity = 1) => ({ variantId: publicId('var', variantId), quantity });

/** What must be so of the ledger at every commit (invariant 6); answers what is not. */
async function wrongSums(): Promise<unknown[]> {
  const { rows } = await world.services.postgres.query({
    text: `select a.id, a.balance, a.pending, a.debt from loyalty_account a
           left join lateral (select coalesce(sum(remaining) filter (where state = 'active'), 0) as active,
             coalesce(sum(remaining) filter (where state = 'pending'), 0) as waiting
             from loyalty_lot l where l.workspace_id = a.workspace_id and l.account_id = a.id) l on true
           left join lateral (select coalesce(sum(delta_balance), 0) as balance, coalesce(sum(delta_pending), 0) as pending,
             coalesce(sum(delta_debt), 0) as debt from loyalty_entry e
             where e.workspace_id = a.workspace_id and e.account_id = a.id) e on true
           where a.workspace_id = $1 and (a.balance <> l.active or a.pending <> l.waiting or a.balance <> e.balance
             or a.pending <> e.pending or a.debt <> e.debt)`,
    values: [world.ctx.workspaceId],
  });
  return rows;
}

describe('points of an order', () => {
  it('are what its goods are worth by the terms, once it is paid', async () => {
    const identifier = await newCustomer();
    const { id } = await placed({ identifier, payment: 'pending', lines: [line(shirt), line(book, 2)] });
    expect(await points(identifier)).toBeUndefined();
    await call(`/api/v1/orders/${id}/pay`, {});
    // 20.00 twice over, and 21.00.
    expect(await points(identifier)).toEqual({ balance: 61, pending: 0, debt: 0 });
  });

  it('go back with what comes back: a refund takes its points back, each once', async () => {
    const identifier = await newCustomer();
    const { id } = await placed({ identifier, lines: [line(shirt), line(book, 2)] });
    const refund = {
      ...{ reference: 'r1', amountMinor: 2_000 },
      lines: [{ lineId: '1', quantity: 1, restock: 'cancel' }],
    };
    const first = await call(`/api/v1/orders/${id}/refunds`, refund);
    expect(first.status).toBeLessThan(300);
    await call(`/api/v1/orders/${id}/refunds`, refund);
    expect(await points(identifier)).toEqual({ balance: 21, pending: 0, debt: 0 });
    await call(`/api/v1/orders/${id}/refunds`, { reference: 'r2', amountMinor: 2_100 });
    expect(await points(identifier)).toEqual({ balance: 0, pending: 0, debt: 0 });
    expect(await wrongSums()).toEqual([]);
  });

  it('that are spent already are owed, and what comes next pays them first', async () => {
    const identifier = await newCustomer();
    const { id } = await placed({ identifier, lines: [line(shirt)] });
    await call('/api/v1/points/burn', { identifier, points: 30, reference: `b-${++serial}` });
    await call(`/api/v1/orders/${id}/refunds`, { reference: 'all', amountMinor: 2_000 });
    expect(await points(identifier)).toEqual({ balance: 0, pending: 0, debt: 30 });
    await give(identifier, 50);
    expect(await points(identifier)).toEqual({ balance: 20, pending: 0, debt: 0 });
    expect(await wrongSums()).toEqual([]);
  });

  it('are the same whatever the order in which a shop tells of it', async () => {
    const tell = async (name: string, steps: readonly number[]) => {
      const identifier = await newCustomer();
      const email = identifier.slice('email:'.length);
      const at = NOW - 1_000;
      const states = [0, 1, 2].map((n): OrderInput => orderInput({ name, email, at: at + n, state: n }));
      for (const n of [...steps, ...steps])
        await inTransaction(world.ctx, async (ctx) => {
          await commerce.book.takeOrders(batchOf(ctx), { inputs: [states[n]!], parts: [] });
        });
      await tellAll();
      return points(identifier);
    };
    const expected = { balance: 10, pending: 0, debt: 0 };
    for (const [n, steps] of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
    ].entries())
      expect(await tell(`perm-${n}`, steps)).toEqual(expected);
    expect(await wrongSums()).toEqual([]);
  });
});

function orderInput({
  name,
  email,
  at,
  state,
}: {
  name: string;
  email: string;
  at: number;
  state: number;
}): OrderInput {
  const refund = {
    id: 'r',
    atMs: at,
    amountMinor: 1_050,
    lines: [{ lineId: '1', quantity: 1, restock: 'none' as const }],
  };
  return {
    ref: { source: 'shopify:perm', id: name },
    version: { at },
    ...{ number: name, channel: 'shopify', placedAtMs: NOW - 1_000, currency: 'EUR', who: { email } },
    payment: state === 0 ? 'pending' : 'paid',
    paidMinor: state === 0 ? 0 : 2_100,
    isAccepted: true,
    totals: { totalMinor: 2_100, subtotalMinor: 2_100, discountMinor: 0, shippingMinor: 0, taxMinor: 0 },
    ...{ couponCodes: [], pointsRedeemed: 0 },
    lines: [{ id: '1', sku: 'book', name: 'book', quantity: 2, cancelled: 0, unitPriceMinor: 1_050, discountMinor: 0 }],
    refunds: state === 2 ? [refund] : [],
    ...{ fulfilments: [], isFulfilled: false, stock: 'theirs' },
  };
}

describe('points as payment', () => {
  it('take off what they are worth, earn nothing, and come back with what is cancelled', async () => {
    const identifier = await newCustomer();
    await give(identifier, 500);
    const { id, totalMinor } = await placed({ identifier, points: 500, lines: [line(book, 2)] });
    expect(totalMinor).toBe(1_600);
    expect(await points(identifier)).toEqual({ balance: 16, pending: 0, debt: 0 });
    expect((await call(`/api/v1/orders/${id}/cancel`, {})).status).toBeLessThan(300);
    expect(await points(identifier)).toEqual({ balance: 500, pending: 0, debt: 0 });
    expect(await wrongSums()).toEqual([]);
  });

  it('are refused where they are too few, too many for it, or nobody’s, and nothing is placed', async () => {
    const identifier = await newCustomer();
    await give(identifier, 5_000);
    const refused = [
      { identifier, points: 6_000, lines: [line(book, 9)] },
      { identifier, points: 5_000, lines: [line(book, 2)] },
      { identifier, points: 15, lines: [line(book, 2)] },
      { points: 100, lines: [line(book, 2)] },
    ];
    for (const fields of refused) expect((await placed(fields)).status).toBe(409);
    expect(await points(identifier)).toEqual({ balance: 5_000, pending: 0, debt: 0 });
  });
});

describe('a balance', () => {
  it('is never spent twice by fifty at once, and a repeat is answered the same', async () => {
    const identifier = await newCustomer();
    await give(identifier, 100);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        call('/api/v1/points/burn', { identifier, points: 30, reference: `race-${identifier}-${n % 25}` }),
      ),
    );
    const fresh = answers.filter(({ status, body }) => status === 201 && body['isRepeat'] === false);
    expect(fresh).toHaveLength(3);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(await points(identifier)).toEqual({ balance: 10, pending: 0, debt: 0 });
    expect(await wrongSums()).toEqual([]);
  });

  it('of one program is left alone by what is done in another', async () => {
    const identifier = await newCustomer();
    const key = `other${++serial}`;
    // The one that is meant where none is named is the oldest.
    laterMs = 1;
    expect((await call('/api/v1/points-programs', { key, name: 'Other', terms: {} })).status).toBe(201);
    await give(identifier, 70);
    const gift = { identifier, points: 50, program: key, reference: `other-${serial}` };
    expect((await call('/api/v1/points/earn', gift)).body).toMatchObject({ program: key, balance: 50 });
    const burn = { identifier, points: 60, program: key, reference: `b-${++serial}` };
    expect((await call('/api/v1/points/burn', burn)).status).toBe(409);
    expect(await points(identifier)).toEqual({ balance: 70, pending: 0, debt: 0 });
  });

  it('is one when two profiles turn out to be one customer', async () => {
    const [a, b] = [await newCustomer(), await newCustomer('')];
    await give(a, 70);
    await give(b, 50);
    const idOf = async (identifier: string) => {
      const { body } = await world.get(`/api/v1/points?identifier=${encodeURIComponent(identifier)}`);
      return body['profileId'] as string;
    };
    const merged = await call(`/api/v1/profiles/${await idOf(a)}/merge`, { with: await idOf(b) });
    expect(merged.status).toBeLessThan(300);
    await world.settle();
    expect(await points(a)).toEqual({ balance: 120, pending: 0, debt: 0 });
    expect(await points(b)).toEqual(await points(a));
    await call('/api/v1/points/burn', { identifier: b, points: 100, reference: `b-${++serial}` });
    expect(await points(a)).toEqual({ balance: 20, pending: 0, debt: 0 });
    expect(await wrongSums()).toEqual([]);
  });

  it('can be given away, with the end it had, and is asked for by rules of segments at once', async () => {
    const [a, b] = [await newCustomer(), await newCustomer()];
    const rule = { points: { program: 'stars', atLeast: 90, atMost: 90 } };
    const segment = await call('/api/v1/segments', { name: `Rich ${++serial}`, rule });
    expect(segment.status).toBe(201);
    await fillSegments(world.services);
    await give(a, 100);
    const gift = { from: { identifier: a }, to: { identifier: b }, points: 40, reference: `t-${++serial}` };
    expect((await call('/api/v1/points/transfer', gift)).body).toMatchObject({ balance: 60, isRepeat: false });
    expect((await call('/api/v1/points/transfer', gift)).body).toMatchObject({ balance: 60, isRepeat: true });
    await give(b, 50);
    const members = async () => {
      while ((await runDueWakes(world.services)) > 0);
      await tellAll();
      const { body } = await world.get(`/api/v1/segments/${segment.body['id'] as string}/members`);
      return (body['items'] as { profileId: string }[]).map((one) => one.profileId);
    };
    await members();
    const { body: hers } = await world.get(`/api/v1/points?identifier=${encodeURIComponent(b)}`);
    expect(await members()).toEqual([hers['profileId']]);
    expect(await wrongSums()).toEqual([]);
  });
});

describe('an earning rule', () => {
  const newRule = (fields: Record<string, unknown>) =>
    call('/api/v1/points-programs/stars/rules', { name: `Rule ${++serial}`, ...fields });

  it('gives points for an event once, within its limits, and only for what trusted sources say', async () => {
    const rule = await newRule({
      event: 'Product Reviewed',
      where: [{ property: 'stars', op: 'atLeast', value: 4 }],
      formula: { kind: 'fixed', points: 50 },
      limits: { timesPerDay: 2, perDay: 80 },
    });
    expect(rule.status).toBe(201);
    const identifier = await newCustomer();
    const review = (messageId: string, stars: number, writeKey = serverKey) =>
      send(writeKey, {
        ...{ event: 'Product Reviewed', userId: `u${serial}`, messageId: `${identifier}-${messageId}` },
        ...{ properties: { stars } },
      });
    await review('browser', 5, WRITE_KEY);
    for (const id of ['a', 'a', 'b', 'c']) await review(id, 5);
    await review('d', 3);
    await world.settle();
    expect(await points(identifier)).toEqual({ balance: 80, pending: 0, debt: 0 });
    expect((await newRule({ event: 'Points Earned', formula: { kind: 'fixed', points: 1 } })).status).toBe(400);
  });

  it('for an order takes its points back when the order comes to nothing', async () => {
    await newRule({ event: 'Order Completed', formula: { kind: 'fixed', points: 7 } });
    const identifier = await newCustomer();
    const { id } = await placed({ identifier, lines: [line(book)] });
    await tellAll();
    expect(await points(identifier)).toEqual({ balance: 17, pending: 0, debt: 0 });
    await call(`/api/v1/orders/${id}/cancel`, {});
    await tellAll();
    expect(await points(identifier)).toEqual({ balance: 0, pending: 0, debt: 0 });
    expect(await wrongSums()).toEqual([]);
  });
});

describe('points that expire', () => {
  it('are told of before, go at their end, and a refund gives them back with the end they had', async () => {
    const identifier = await newCustomer();
    await give(identifier, 100);
    const burn = `exp-${++serial}`;
    await call('/api/v1/points/burn', { identifier, points: 40, reference: burn });
    await tellAll();
    laterMs = 336 * DAY_MS;
    while ((await runDuePoints(world.services)) > 0);
    await tellAll();
    const names = await eventsOf(identifier);
    expect(names.filter((name) => name === 'Points Expiring')).toHaveLength(1);
    laterMs = 366 * DAY_MS;
    while ((await runDuePoints(world.services)) > 0);
    await tellAll();
    expect(await points(identifier)).toEqual({ balance: 0, pending: 0, debt: 0 });
    await call('/api/v1/points/refund', { burn, reference: `${burn}-back` });
    expect(await points(identifier)).toEqual({ balance: 0, pending: 0, debt: 0 });
    await tellAll();
    const all = await eventsOf(identifier);
    for (const name of ['Points Earned', 'Points Redeemed', 'Points Expired', 'Points Restored'])
      expect(all).toContain(name);
    expect(await wrongSums()).toEqual([]);
  });
});

async function eventsOf(identifier: string): Promise<string[]> {
  const { body } = await world.get(`/api/v1/points?identifier=${encodeURIComponent(identifier)}`);
  const timeline = await world.get(`/api/v1/profiles/${body['profileId'] as string}/timeline?limit=100`);
  return (timeline.body['items'] as { name: string }[]).map(({ name }) => name);
}
