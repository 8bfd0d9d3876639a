import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction, type RebuildBatch } from '../platform/eventlog/index.ts';
import { parsePublicId } from '../platform/ids/index.ts';
import { findIdentifierNodes, identifierReaderOf } from '../modules/profiles/index.ts';
import { batchOf, createOrderBook, type OrderInput } from '../modules/orders/index.ts';
import { NOW, trackEvent } from '../modules/events/testing/world.ts';
import {
  basketFactsOf,
  basketFollower,
  basketsPersonalData,
  createBasketsStage,
  type ShopCart,
  sweepBaskets,
  takeShopCarts,
} from '../modules/baskets/index.ts';
import { type BasketWorld, openBasketWorld } from './testing/basket-world.ts';

let shop: BasketWorld;
beforeAll(async () => {
  shop = await openBasketWorld();
});
afterAll(() => shop.close());

const uuid = (profileId: string) => parsePublicId('prf', profileId)!;
const quantities = ({ lines }: { lines: readonly { name: string | null; quantity: number }[] }) =>
  Object.fromEntries(lines.map(({ name, quantity }) => [name, quantity]));
const basketsOf = async (userId: string, kind: string) =>
  (await shop.till(`/api/v1/baskets?identifier=userId:${userId}&kind=${kind}`)).body.baskets;
const inTx = <T>(work: Parameters<typeof inTransaction<T>>[1]) => inTransaction(shop.world.ctx, work);
const facts = async (profileId: string) => {
  const found = await basketFactsOf(shop.world.ctx.sql, shop.world.ctx.workspaceId, [uuid(profileId)]);
  return (found.get(uuid(profileId)) ?? []).map(({ kind, product, isInStock }) => [kind, product.sku, isInStock]);
};

let serial = 0;
const viewed = (properties: object, fields: object = {}) =>
  trackEvent({ event: 'Product Viewed', properties, timestamp: at(serial++), ...fields } as never);
const at = (second: number) => new Date(NOW - 3_600_000 + second * 1_000).toISOString();

async function cartOf(profileId: string, lines: Record<string, number>) {
  const { body } = await shop.till('/api/v1/baskets', { kind: 'cart', profileId, channel: 'web' });
  const said = Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity, at: at(0) }));
  await shop.till(`/api/v1/baskets/${body.basket.id}/lines`, { lines: said });
  return body.basket as { id: string; token: string };
}

describe('what a customer looked at', () => {
  it('is there by product, the newest first, each once, whatever order the events come in', async () => {
    const profileId = await shop.customer('ada');
    const events = [
      viewed({ product_id: 'tee', sku: 'TEE', price: 19.99, currency: 'EUR' }, { userId: 'ada' }),
      viewed({ sku: 'MUG' }, { userId: 'ada' }),
      viewed({ product_id: 'unknown-7', name: 'Lamp' }, { userId: 'ada' }),
      viewed({ product_id: 'tee' }, { userId: 'ada' }),
    ];
    await shop.tell(...events.toReversed());
    await shop.tell(...events.map((event) => ({ ...event, messageId: `${String(event['messageId'])}-again` })));
    const [list, ...others] = await basketsOf('ada', 'viewed');
    expect(others).toEqual([]);
    expect(list!.lines.map(({ name }) => name)).toEqual(['Tee', 'Lamp', 'Mug']);
    expect(await facts(profileId)).toEqual([
      ['viewed', 'TEE', true],
      ['viewed', null, true],
      ['viewed', 'MUG', true],
    ]);
  });

  it('keeps the 50 newest, and becomes one list when two profiles are one customer', async () => {
    const many = Array.from({ length: 60 }, (_, n) =>
      viewed({ product_id: `p${n}` }, { anonymousId: 'bea-web', userId: null }),
    );
    await shop.customer('bea');
    await shop.tell(...many, viewed({ sku: 'TEE' }, { userId: 'bea' }));
    await shop.tell({ ...trackEvent({ userId: 'bea', anonymousId: 'bea-web' }), type: 'identify' });
    const [list, ...others] = await basketsOf('bea', 'viewed');
    expect(others).toEqual([]);
    expect(list!.lines).toHaveLength(50);
    expect(list!.lines.slice(0, 2)).toMatchObject([{ name: 'Tee' }, { productRef: 'p59' }]);
  });
});

describe('customers who are recognised as one', () => {
  it('have one cart with what both had, and it is known to rules', async () => {
    const first = await shop.customer('cleo');
    const { body } = await shop.till('/api/v1/baskets', { kind: 'cart', channel: 'web', identifier: 'userId:cleo' });
    await shop.till(`/api/v1/baskets/${body.basket.id}/lines`, { lines: [{ sku: 'MUG', quantity: 1 }] });
    await shop.tell(trackEvent({ anonymousId: 'cleo-2', userId: null }));
    const other = await shop.till('/api/v1/baskets', {
      kind: 'cart',
      channel: 'web',
      identifier: 'anonymousId:cleo-2',
    });
    await shop.till(`/api/v1/baskets/${other.body.basket.id}/lines`, {
      lines: [
        { sku: 'MUG', quantity: 2 },
        { sku: 'TEE', quantity: 1 },
      ],
    });
    await shop.tell({ ...trackEvent({ userId: 'cleo', anonymousId: 'cleo-2' }), type: 'identify' });
    const carts = await basketsOf('cleo', 'cart');
    expect(carts.map(quantities)).toEqual([{ Mug: 3, Tee: 1 }]);
    expect((await facts(first)).toSorted()).toEqual([
      ['cart', 'MUG', true],
      ['cart', 'TEE', true],
    ]);
  });

  it('and are not: a basket goes where the identifier goes that it is filed under', async () => {
    const [from, into] = [await shop.customer('dora'), await shop.customer('dora-2')];
    const cart = await cartOf(from, { MUG: 1 });
    const own = await cartOf(into, { MUG: 4 });
    await inTx(async (ctx) => {
      const reader = await identifierReaderOf(ctx, ctx.workspaceId);
      const keys = await ctx.keysOf(ctx.workspaceId);
      const [id] = await findIdentifierNodes({ ...ctx, keys }, [reader.read('userId', 'dora')]);
      const handover = { from: { id: uuid(from) }, into: { id: uuid(into) }, nodes: [{ id: id!, kind: 0 }] };
      const batch = { ...ctx, now: NOW, handovers: [handover] } as unknown as RebuildBatch;
      await createBasketsStage().rebuild!(batch);
    });
    expect(await basketsOf('dora', 'cart')).toEqual([]);
    expect((await basketsOf('dora-2', 'cart')).map(quantities)).toEqual([{ Mug: 5 }]);
    const [a, b] = await Promise.all([cart, own].map(({ token }) => shop.device(`/v1/baskets/${token}`)));
    expect(a!.body).toEqual(b!.body);
  });
});

const book = createOrderBook({ followers: [basketFollower] });
const order = (fields: Partial<OrderInput>): OrderInput => ({
  ...{ ref: { source: 'pos:store', id: `o-${++serial}` }, version: { at: NOW }, number: 'o', channel: 'pos' },
  ...{ placedAtMs: NOW, currency: 'EUR', who: {}, payment: 'paid', paidMinor: 850, isAccepted: true, couponCodes: [] },
  totals: { totalMinor: 850, subtotalMinor: 850, discountMinor: 0, shippingMinor: 0, taxMinor: 0 },
  lines: [{ id: '1', sku: 'MUG', name: 'Mug', quantity: 1, cancelled: 0, unitPriceMinor: 850, discountMinor: 0 }],
  ...{ refunds: [], fulfilments: [], stock: 'theirs' },
  ...fields,
});
const takeOrder = (input: OrderInput, profileId?: string) =>
  inTx((ctx) =>
    book.takeOrders(batchOf(ctx), {
      ...{ inputs: [input], parts: [] },
      ...(profileId !== undefined && { ownerOf: () => ({ profileId: uuid(profileId), node: 1 }) }),
    }),
  );

describe('an order', () => {
  it('at the till takes what was bought out of the customer’s cart, once', async () => {
    const profileId = await shop.customer('eve');
    await cartOf(profileId, { MUG: 3, TEE: 1 });
    const bought = order({});
    await takeOrder(bought, profileId);
    await takeOrder({ ...bought, version: { at: NOW + 1 } }, profileId);
    expect((await basketsOf('eve', 'cart')).map(quantities)).toEqual([{ Mug: 2, Tee: 1 }]);
  });

  it('of a cart empties that one and leaves it converted, until something is put there again', async () => {
    const profileId = await shop.customer('fay');
    const cart = await cartOf(profileId, { MUG: 1 });
    await takeOrder(order({ cartToken: cart.token }));
    expect(await basketsOf('fay', 'cart')).toMatchObject([{ state: 'converted', lines: [] }]);
    await shop.till(`/api/v1/baskets/${cart.id}/lines`, { lines: [{ sku: 'TEE', quantity: 1 }] });
    expect(await basketsOf('fay', 'cart')).toMatchObject([{ state: 'active' }]);
  });

  it('of a shop that keeps its orders elsewhere is said by its reference, once', async () => {
    const profileId = await shop.customer('gus');
    const cart = await cartOf(profileId, { MUG: 2, TEE: 1 });
    const say = { reference: 'x-1', lines: [{ key: shop.mug, quantity: 1 }] };
    for (let n = 0; n < 2; n++)
      expect(quantities((await shop.till(`/api/v1/baskets/${cart.id}/conversions`, say)).body)).toEqual({
        Mug: 1,
        Tee: 1,
      });
    const all = await shop.till(`/api/v1/baskets/${cart.id}/conversions`, { reference: 'x-2' });
    expect(all.body).toMatchObject({ state: 'converted', lines: [] });
  });
});

const shopCart = (id: string, atMs: number, lines: Record<string, number>, who: ShopCart['who'] = {}): ShopCart => ({
  ...{ ref: { source: 'shopify:acme', id }, atMs, currency: 'EUR', who },
  lines: Object.entries(lines).map(([sku, quantity]) => ({
    ...{ key: sku, productRef: undefined, variantRef: undefined, sku, name: sku, quantity, priceMinor: 700 },
  })),
});
const takeCarts = (...carts: ShopCart[]) => inTx((ctx) => takeShopCarts(ctx, carts));

describe('a cart that lives at a shop', () => {
  it('is as its newest snapshot says, however they come, and hers by the shop’s word', async () => {
    await shop.customer('hana');
    await takeCarts(shopCart('c-1', NOW - 900, { MUG: 2, TEE: 1 }, { userId: 'hana' }));
    await takeCarts(shopCart('c-1', NOW - 950, { MUG: 9 }));
    await takeCarts(shopCart('c-1', NOW - 900, { MUG: 2, TEE: 1 }));
    expect(await basketsOf('hana', 'cart')).toMatchObject([
      { source: 'shopify:acme', channel: 'shopify', isLinked: true },
    ]);
    expect((await basketsOf('hana', 'cart')).map(quantities)).toEqual([{ Mug: 2, Tee: 1 }]);
    await takeCarts(shopCart('c-1', NOW - 800, { TEE: 2 }));
    expect((await basketsOf('hana', 'cart')).map(quantities)).toEqual([{ Tee: 2 }]);
  });

  it('goes on to follow its shop when it became part of the customer’s own', async () => {
    const profileId = await shop.customer('ina');
    await cartOf(profileId, { MUG: 1 });
    await takeCarts(shopCart('c-2', NOW - 900, { MUG: 2 }, { userId: 'ina' }));
    expect((await basketsOf('ina', 'cart')).map(quantities)).toEqual([{ Mug: 3 }]);
    await takeCarts(shopCart('c-2', NOW - 800, { MUG: 1, TEE: 1 }));
    expect((await basketsOf('ina', 'cart')).map(quantities)).toEqual([{ Mug: 2, Tee: 1 }]);
    await takeOrder(order({ ref: { source: 'shopify:acme', id: 'so-2' }, cartToken: 'c-2', placedAtMs: NOW - 700 }));
    await takeCarts(shopCart('c-2', NOW - 600, {}));
    expect((await basketsOf('ina', 'cart')).map(quantities)).toEqual([{ Mug: 1 }]);
  });

  it('that is told after the order made of it is not offered again', async () => {
    await shop.customer('jo');
    await takeOrder(order({ ref: { source: 'shopify:acme', id: 'so-3' }, cartToken: 'c-3', placedAtMs: NOW - 500 }));
    await takeCarts(shopCart('c-3', NOW - 900, { MUG: 1 }, { userId: 'jo' }));
    expect(await basketsOf('jo', 'cart')).toMatchObject([{ state: 'converted', lines: [] }]);
  });

  it('becomes hers by an event of a trusted source that names it, and of no other', async () => {
    await takeCarts(shopCart('c-4', NOW - 900, { MUG: 1 }));
    await shop.customer('kim');
    const event = trackEvent({ userId: 'kim', event: 'Product Added', properties: { cart_id: 'c-4' } });
    await shop.tell(event);
    expect(await basketsOf('kim', 'cart')).toEqual([]);
    await shop.world.services.postgres.query({ text: 'update source set trusted = true' });
    await shop.tell({ ...event, messageId: 'trusted-now' });
    await shop.world.services.postgres.query({ text: 'update source set trusted = false' });
    expect((await basketsOf('kim', 'cart')).map(quantities)).toEqual([{ Mug: 1 }]);
  });
});

describe('a customer’s personal data', () => {
  it('is told without the keys to her baskets, and leaves nothing of them when it is erased', async () => {
    const profileId = await shop.customer('lea');
    const cart = await cartOf(profileId, { MUG: 1 });
    const guest = (await shop.device('/v1/baskets', { kind: 'cart' })).body;
    const said = { basketId: guest.basket.id, lines: [{ sku: 'LAMP', name: 'Lamp', quantity: 1 }] };
    await shop.device(`/v1/baskets/${guest.token}/lines`, said);
    await shop.till('/api/v1/baskets/link', { token: guest.token, profileId });
    const named = { profileId: uuid(profileId), profileIds: [uuid(profileId)], nodes: [] };
    const subject = { ...named, identifiers: [], values: [] };
    const items = [];
    for await (const item of basketsPersonalData.export(shop.world.ctx, subject)) items.push(item);
    const skus = items.map(({ data }) => (data as { lines: { sku: string }[] }).lines.map(({ sku }) => sku).sort());
    expect(skus.sort()).toEqual([['LAMP'], ['LAMP', 'MUG'], ['MUG']]);
    for (const token of [cart.token, guest.token]) expect(JSON.stringify(items)).not.toContain(token);
    expect(await inTx((ctx) => basketsPersonalData.erase(ctx, subject))).toEqual({ rows: 3 });
    expect(await inTx((ctx) => basketsPersonalData.erase(ctx, subject))).toEqual({ rows: 0 });
    for (const token of [cart.token, guest.token]) expect((await shop.device(`/v1/baskets/${token}`)).status).toBe(404);
    const { rows } = await shop.world.services.postgres.query({
      text: `select from basket_line where sku = 'LAMP'`,
    });
    expect(rows).toEqual([]);
  });
});

describe('a guest’s cart that nobody comes back to', () => {
  it('is abandoned, comes back with a word, and is forgotten; a customer’s own stays', async () => {
    const profileId = await shop.customer('mia');
    await cartOf(profileId, { MUG: 1 });
    const { token, basket } = (await shop.device('/v1/baskets', { kind: 'cart' })).body;
    const say = (quantity: number) =>
      shop.device(`/v1/baskets/${token}/lines`, { basketId: basket.id, lines: [{ sku: 'MUG', quantity }] });
    await say(1);
    const sweepAfter = (days: number) =>
      sweepBaskets({
        postgres: shop.world.services.postgres,
        clock: { now: () => NOW + days * 86_400_000, realDelayMs: () => 0 },
      });
    await sweepAfter(29);
    expect((await shop.device(`/v1/baskets/${token}`)).body).toMatchObject({ state: 'active' });
    await sweepAfter(31);
    expect((await shop.device(`/v1/baskets/${token}`)).body).toMatchObject({ state: 'abandoned' });
    expect((await say(2)).body).toMatchObject({ state: 'active' });
    await sweepAfter(121);
    expect((await shop.device(`/v1/baskets/${token}`)).status).toBe(404);
    expect((await basketsOf('mia', 'cart')).map(quantities)).toEqual([{ Mug: 1 }]);
  });
});
