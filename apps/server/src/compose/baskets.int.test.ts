import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trackEvent, WRITE_KEY } from '../modules/events/testing/world.ts';
import { type BasketWorld, openBasketWorld } from './testing/basket-world.ts';

let shop: BasketWorld;
beforeAll(async () => {
  shop = await openBasketWorld();
});
afterAll(() => shop.close());

interface Named {
  readonly name: string | null;
  readonly quantity: number;
}
const quantities = ({ lines }: { lines: readonly Named[] }) =>
  Object.fromEntries(lines.map(({ name, quantity }) => [name, quantity]));

/** A guest's basket with these pieces. */
async function guest(lines: Record<string, number>, anonymousId?: string, kind = 'cart') {
  const opened = await shop.device('/v1/baskets', { kind, ...(anonymousId !== undefined && { anonymousId }) });
  const { token, basket } = opened.body;
  const said = { basketId: basket.id, lines: Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity })) };
  expect(await shop.device(`/v1/baskets/${token}/lines`, said)).toMatchObject({ status: 200 });
  return { token: token as string, id: basket.id as string };
}

const link = (token: string, userId: string) =>
  shop.till('/api/v1/baskets/link', { token, identifier: `userId:${userId}` });
const cartsOf = async (userId: string) =>
  (await shop.till(`/api/v1/baskets?identifier=userId:${userId}&kind=cart`)).body.baskets;

describe('a cart begun on a phone', () => {
  it('is on the till, with the prices of now beside those she saw, and what the till changes is on the phone', async () => {
    const profileId = await shop.customer('ada');
    const phone = await shop.device('/v1/baskets', { kind: 'cart', anonymousId: 'ada-phone' });
    expect(phone).toMatchObject({ status: 201, body: { basket: { kind: 'cart', version: 1, lines: [] } } });
    const { token, basket } = phone.body;
    const added = await shop.device(`/v1/baskets/${token}/lines`, {
      basketId: basket.id,
      lines: [
        { variantId: shop.tee, quantity: 2 },
        { sku: 'MUG', quantity: 1, note: 'blue' },
      ],
    });
    expect(added).toMatchObject({ status: 200, body: { total: { amountMinor: 4848, currency: 'EUR' } } });
    expect(await link(token, 'ada')).toMatchObject({ status: 200, body: { id: basket.id, isLinked: true, profileId } });
    const [cart, ...others] = await cartsOf('ada');
    expect(others).toEqual([]);
    const byName = cart!.lines.toSorted((a, b) => (a.name! < b.name! ? -1 : 1));
    expect(byName).toMatchObject([
      { name: 'Mug', quantity: 1, note: 'blue', isInStock: true },
      { name: 'Tee', quantity: 2, priceWhenAdded: { amountMinor: 1999 }, price: { amountMinor: 1999 } },
    ]);
    const removed = await shop.till(`/api/v1/baskets/${basket.id}/lines`, {
      lines: [{ key: shop.mug, quantity: 0 }],
      device: 'till-1',
    });
    expect(quantities(removed.body.basket)).toEqual({ Tee: 2 });
    const seen = await shop.device(`/v1/baskets/${token}?since=${added.body.version}`);
    expect(seen.body).toMatchObject({ isWhole: false, lines: [{ key: shop.mug, quantity: 0 }] });
  });

  it('is pushed to her other open devices, also when a guest’s cart becomes part of it', async () => {
    await shop.customer('bea');
    const phone = await guest({ MUG: 1 });
    await link(phone.token, 'bea');
    const first = await shop.follow(phone.token);
    const laptop = await guest({ MUG: 2, TEE: 1 });
    const second = await shop.follow(laptop.token);
    await shop.device(`/v1/baskets/${phone.token}/lines`, { basketId: phone.id, lines: [{ sku: 'MUG', quantity: 4 }] });
    expect(await first.next()).toMatchObject({ id: phone.id, isWhole: false, lines: [{ key: shop.mug, quantity: 4 }] });
    await link(laptop.token, 'bea');
    const [onPhone, onLaptop] = [await first.next(), await second.next()];
    expect(onPhone).toEqual(onLaptop);
    expect(quantities(onPhone)).toEqual({ Mug: 6, Tee: 1 });
    await shop.device(`/v1/baskets/${laptop.token}/lines`, {
      basketId: onLaptop.id,
      lines: [{ sku: 'TEE', quantity: 0 }],
    });
    expect(await first.next()).toMatchObject({ lines: [{ key: shop.tee, quantity: 0 }] });
    first.close();
    second.close();
  });
});

describe('a guest’s basket and the customer’s', () => {
  it('add up as far as they can be sold, once, and both tokens lead to what they became', async () => {
    const profileId = await shop.customer('cleo');
    const own = await shop.till('/api/v1/baskets', { kind: 'cart', profileId, channel: 'web' });
    expect(own).toMatchObject({ status: 201, body: { isNew: true } });
    await shop.till(`/api/v1/baskets/${own.body.basket.id}/lines`, {
      lines: [
        { sku: 'TEE', quantity: 4 },
        { sku: 'MUG', quantity: 4 },
      ],
    });
    const phone = await guest({ TEE: 3, MUG: 3 });
    const linked = await link(phone.token, 'cleo');
    // Five tees are there; nobody counts mugs.
    expect(quantities(linked.body)).toEqual({ Tee: 5, Mug: 7 });
    expect((await link(phone.token, 'cleo')).body).toEqual(linked.body);
    const [byPhone, byOwn] = await Promise.all(
      [phone.token, own.body.basket.token].map((token) => shop.device(`/v1/baskets/${token}`)),
    );
    expect(byPhone!.body).toEqual(byOwn!.body);
    expect(byPhone!.body.id).toBe(linked.body.id);
    const again = await shop.till('/api/v1/baskets', { kind: 'cart', profileId, channel: 'pos' });
    expect(again.body).toMatchObject({ isNew: false, basket: { id: linked.body.id } });
  });

  it('of another customer is handed to nobody: the device opens a new one', async () => {
    await Promise.all([shop.customer('dora'), shop.customer('eve')]);
    const tablet = await guest({ MUG: 1 });
    await link(tablet.token, 'dora');
    expect(await link(tablet.token, 'eve')).toMatchObject({ status: 409, body: { errors: [{ field: 'token' }] } });
    expect(await cartsOf('eve')).toEqual([]);
    const renewed = await shop.till(`/api/v1/baskets/${tablet.id}/token`, {});
    expect((await shop.device(`/v1/baskets/${tablet.token}`)).status).toBe(404);
    expect(await shop.device(`/v1/baskets/${renewed.body.token}`)).toMatchObject({ status: 200 });
  });

  it('of a customer who was named before her profile is there becomes hers with her first event', async () => {
    await shop.world.send([trackEvent({ userId: 'fay', event: 'Signed Up' })]);
    const phone = await guest({ MUG: 1 });
    expect((await link(phone.token, 'fay')).status).toBe(200);
    await shop.world.settle();
    await shop.tell(trackEvent({ userId: 'fay' }));
    expect((await cartsOf('fay')).map(quantities)).toEqual([{ Mug: 1 }]);
  });
});

describe('a device', () => {
  it('is never told another customer’s lines because of a user id that it claims', async () => {
    const profileId = await shop.customer('gina');
    const own = await shop.till('/api/v1/baskets', { kind: 'cart', profileId, channel: 'web' });
    await shop.till(`/api/v1/baskets/${own.body.basket.id}/lines`, { lines: [{ sku: 'TEE', quantity: 2 }] });
    await shop.tell(trackEvent({ userId: null, anonymousId: 'thief' }));
    const thief = await guest({ MUG: 1 }, 'thief');
    await shop.tell({ ...trackEvent({ userId: 'gina', anonymousId: 'thief' }), type: 'identify' });
    const seen = await shop.device(`/v1/baskets/${thief.token}`);
    expect(quantities(seen.body)).toEqual({ Mug: 1 });
    expect(seen.body).not.toHaveProperty('profileId');
    // Staff see both: whose device it is the log believes.
    expect((await cartsOf('gina')).map(quantities)).toEqual([{ Tee: 2 }, { Mug: 1 }]);
  });

  it('needs the write key and the token, of pages of any origin', async () => {
    const phone = await guest({ MUG: 1 });
    const path = `/v1/baskets/${phone.token}`;
    const stranger = await shop.world.http.inject({
      method: 'GET',
      url: path,
      headers: { origin: 'https://a.example' },
    });
    expect(stranger.statusCode).toBe(401);
    expect(stranger.headers['access-control-allow-origin']).toBe('https://a.example');
    expect((await shop.device('/v1/baskets/nobody-was-ever-given-this')).status).toBe(404);
    const preflight = await shop.world.http.inject({
      method: 'OPTIONS',
      url: `${path}/lines`,
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight).toMatchObject({
      statusCode: 204,
      headers: { 'access-control-allow-origin': 'https://a.example' },
    });
    const query = await shop.world.http.inject({ method: 'GET', url: `${path}?writeKey=${WRITE_KEY}` });
    expect(query.statusCode).toBe(200);
  });

  it('is told what is wrong with what it says', async () => {
    const [phone, other] = [await guest({ MUG: 1 }), await guest({ MUG: 2 })];
    const say = (body: unknown) => shop.device(`/v1/baskets/${phone.token}/lines`, body);
    expect(await say({ basketId: other.id, lines: [{ sku: 'MUG', quantity: 1 }] })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'basketId' }] },
    });
    expect(await say({ basketId: phone.id, lines: [{ quantity: 1 }] })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'lines[0]', message: expect.stringContaining('variantId, sku or productId') }] },
    });
    expect(await say({ basketId: phone.id, lines: [{ sku: 'MUG', quantity: -1 }] })).toMatchObject({ status: 400 });
    expect(await say({ basketId: phone.id, lines: [{ sku: 'a\0b', quantity: 1 }] })).toMatchObject({ status: 400 });
  });

  it('that was offline removes nothing that was put there since', async () => {
    const phone = await guest({});
    const say = (lines: unknown[]) => shop.device(`/v1/baskets/${phone.token}/lines`, { basketId: phone.id, lines });
    await say([{ sku: 'MUG', quantity: 2, at: '2026-11-22T08:30:00.000Z' }]);
    await say([{ sku: 'MUG', quantity: 0, at: '2026-11-22T08:00:00.000Z' }]);
    expect(quantities((await shop.device(`/v1/baskets/${phone.token}`)).body)).toEqual({ Mug: 2 });
    await say([{ sku: 'MUG', quantity: 0, at: '2026-11-22T08:40:00.000Z' }]);
    await say([{ sku: 'MUG', quantity: 5, at: '2026-11-22T08:35:00.000Z' }]);
    expect(quantities((await shop.device(`/v1/baskets/${phone.token}`)).body)).toEqual({});
  });
});

describe('a wish list', () => {
  it('is shared by a link that tells the things and nothing of the person, until it is taken back', async () => {
    const profileId = await shop.customer('hana');
    const list = await guest({ TEE: 1 }, 'hana-phone', 'wishlist');
    await shop.device(`/v1/baskets/${list.token}/lines`, {
      basketId: list.id,
      lines: [
        {
          productId: 'lamp-1',
          name: 'Lamp',
          quantity: 1,
          note: 'for my sister',
          price: { amountMinor: 100, currency: 'EUR' },
        },
      ],
    });
    await link(list.token, 'hana');
    const shared = await shop.device(`/v1/baskets/${list.token}/share`, { isShared: true, name: 'Birthday' });
    const path = `/v1/shared-baskets/${shared.body.shareToken}`;
    const seen = await shop.device(path);
    expect(seen).toMatchObject({ status: 200, body: { name: 'Birthday' } });
    expect(quantities(seen.body)).toEqual({ Tee: 1, Lamp: 1 });
    for (const personal of [profileId, list.token, 'sister', 'hana'])
      expect(JSON.stringify(seen.body)).not.toContain(personal);
    // A second list of hers becomes part of it: the link goes on to lead there.
    const laptop = await guest({ MUG: 1 }, undefined, 'wishlist');
    const { body } = await link(laptop.token, 'hana');
    expect(quantities((await shop.device(path)).body)).toEqual({ Tee: 1, Lamp: 1, Mug: 1 });
    await shop.till(`/api/v1/baskets/${body.id}/share`, { isShared: false });
    expect((await shop.device(path)).status).toBe(404);
    const cart = await guest({ MUG: 1 });
    expect((await shop.till(`/api/v1/baskets/${cart.id}/share`, { isShared: true })).status).toBe(400);
  });
});

describe('a cart that is held', () => {
  it('sets its stock apart, follows every change, and lets go', async () => {
    const cart = await guest({ TEE: 2, MUG: 1 });
    const reserved = async () => {
      const { body } = await shop.till(`/api/v1/inventory/levels?variantId=${shop.tee}`);
      return body.items[0]!.reserved;
    };
    const till = (body: unknown) => shop.till(`/api/v1/baskets/${cart.id}/lines`, body);
    const held = await till({ lines: [], hold: true });
    expect(held.body.hold).toMatchObject({ isHeld: true, short: [], expiresAt: '2026-11-22T09:15:00.000Z' });
    expect(await reserved()).toBe(2);
    await shop.device(`/v1/baskets/${cart.token}/lines`, { basketId: cart.id, lines: [{ sku: 'TEE', quantity: 4 }] });
    expect(await reserved()).toBe(4);
    const short = await till({ lines: [{ sku: 'TEE', quantity: 9 }] });
    expect(short.body.hold).toMatchObject({ isHeld: false, short: [{ variantId: shop.tee, wanted: 9, available: 5 }] });
    expect(await reserved()).toBe(4);
    await till({ lines: [{ sku: 'TEE', quantity: 1 }] });
    expect(await reserved()).toBe(1);
    expect((await till({ lines: [], hold: false })).body.hold).toBeNull();
    expect(await reserved()).toBe(0);
  });
});
