import { describe, expect, test } from 'vitest';
import { advanceWorld, type SeenMail, type WorldEffect } from './advance-world.ts';
import { ACCOUNT_EVENTS, ECOMMERCE_EVENTS, type ShopEvent } from './shop-event.ts';
import { beginWorld, moveWorld, type World } from './world.ts';

const BEGAN_AT_MS = Date.UTC(2026, 10, 20);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const settings = { seed: 7, beganAtMs: BEGAN_AT_MS, shopUrl: 'http://127.0.0.1:4101/shop/' };
const silence = { visitsPerHour: 6, newestMail: () => undefined };

/** Every opted-in shopper finds a reminder whenever she looks. */
const alwaysMail = {
  visitsPerHour: 6,
  newestMail: (address: string, sinceMs: number): SeenMail => ({
    id: `${address}-${sinceMs}`,
    receivedAtMs: sinceMs + 1,
    link: 'http://127.0.0.1:4100/t/abc',
    canUnsubscribe: true,
  }),
};

function tell(
  days: number,
  inputs: Parameters<typeof advanceWorld>[2] = silence,
  world: World = beginWorld(settings),
): WorldEffect[] {
  return advanceWorld(world, BEGAN_AT_MS + days * DAY_MS, inputs);
}

const eventsOf = (effects: readonly WorldEffect[]): ShopEvent[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [effect.event] : []));
const named = (events: readonly ShopEvent[], name: string) => events.filter((event) => event.name === name);

describe('the story', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(tell(3)).toEqual(tell(3));
    const other = tell(3, silence, beginWorld({ ...settings, seed: 8 }));
    expect(eventsOf(other).map(({ name }) => name)).not.toEqual(eventsOf(tell(3)).map(({ name }) => name));
  });

  test('is the same told at once or in pieces, saved and read again in between', () => {
    let world = beginWorld(settings);
    const pieces: WorldEffect[] = [];
    for (let atMs = BEGAN_AT_MS; atMs < BEGAN_AT_MS + 2 * DAY_MS; atMs += 37 * 60_000) {
      pieces.push(...advanceWorld(world, Math.min(atMs + 37 * 60_000, BEGAN_AT_MS + 2 * DAY_MS), alwaysMail));
      world = JSON.parse(JSON.stringify(world)) as World;
    }
    expect(pieces).toEqual(tell(2, alwaysMail));
  });

  test('goes forward in time, with every messageId once', () => {
    const events = eventsOf(tell(4, alwaysMail));
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(events.length);
    expect(events.length).toBeGreaterThan(500);
  });

  test('waits where it stopped when the clock jumps', () => {
    const world = beginWorld(settings);
    advanceWorld(world, BEGAN_AT_MS + DAY_MS, silence);
    const moved = moveWorld(structuredClone(world), BEGAN_AT_MS + 30 * DAY_MS);
    const later = eventsOf(advanceWorld(moved, BEGAN_AT_MS + 30 * DAY_MS + HOUR_MS, silence));
    const straight = eventsOf(advanceWorld(world, BEGAN_AT_MS + DAY_MS + HOUR_MS, silence));
    expect(later.map(({ name }) => name)).toEqual(straight.map(({ name }) => name));
    expect(later.every(({ atMs }) => atMs >= BEGAN_AT_MS + 30 * DAY_MS)).toBe(true);
  });
});

describe('the shoppers', () => {
  const events = eventsOf(tell(6, alwaysMail));

  test('do only what Segment’s e-commerce spec has a name for, sign up, and consent', () => {
    const allowed = new Set<string>([...ECOMMERCE_EVENTS, ...ACCOUNT_EVENTS]);
    const names = new Set(events.filter(({ type }) => type === 'track').map(({ name }) => name));
    expect([...names].filter((name) => !allowed.has(name))).toEqual([]);
    for (const name of [
      'Product Viewed',
      'Product Added',
      'Cart Viewed',
      'Checkout Started',
      'Order Completed',
      'Signed Up',
      'Consent Updated',
    ])
      expect(names).toContain(name);
  });

  test('carry the properties of the spec', () => {
    const product = ['product_id', 'sku', 'category', 'name', 'brand', 'variant', 'price', 'url', 'image_url'];
    for (const { properties } of named(events, 'Product Added'))
      expect(Object.keys(properties)).toEqual(expect.arrayContaining(['cart_id', 'quantity', ...product]));
    for (const { properties } of named(events, 'Order Completed')) {
      const parts = [
        'checkout_id',
        'order_id',
        'affiliation',
        'subtotal',
        'total',
        'revenue',
        'shipping',
        'tax',
        'discount',
        'currency',
        'products',
      ];
      expect(Object.keys(properties)).toEqual(expect.arrayContaining(parts));
      expect(properties.total).toBeCloseTo(Number(properties.subtotal) + Number(properties.shipping), 2);
    }
  });

  test('can be written to nowhere: every address is at a reserved domain', () => {
    const addresses = events
      .filter(({ type }) => type === 'identify')
      .map(({ properties }) => String(properties.email));
    expect(addresses.length).toBeGreaterThan(5);
    expect(addresses.filter((address) => !/^[a-z]+\.[a-z]+\.\d+@example\.(com|net|org)$/.test(address))).toEqual([]);
  });

  test('consent in the words that the consent stage reads', () => {
    for (const { properties } of named(events, 'Consent Updated'))
      expect(properties).toMatchObject({
        channel: 'email',
        topic: 'marketing',
        status: 'granted',
        source: 'sign-up-form',
      });
  });

  test('browse before anyone knows them, switch devices, abandon, and buy the very cart they left', () => {
    const firstByDevice = new Map<string, ShopEvent>();
    for (const event of events) if (!firstByDevice.has(event.anonymousId)) firstByDevice.set(event.anonymousId, event);
    expect([...firstByDevice.values()].every(({ userId }) => userId === null)).toBe(true);
    const devices = new Map<string, Set<string>>();
    for (const event of events)
      if (event.userId !== null)
        devices.set(event.userId, (devices.get(event.userId) ?? new Set()).add(event.anonymousId));
    expect([...devices.values()].some((ids) => ids.size > 1)).toBe(true);
    const bought = new Set(named(events, 'Order Completed').map(({ properties }) => properties.cart_id));
    const filled = new Set(named(events, 'Product Added').map(({ properties }) => properties.cart_id));
    expect([...bought].every((cart) => filled.has(cart))).toBe(true);
    expect(filled.size).toBeGreaterThan(bought.size);
  });

  test('come back by the link of their mail and some buy then; a few unsubscribe', () => {
    const effects = tell(14, alwaysMail);
    const byMail = eventsOf(effects).filter(({ context }) => context.campaign !== undefined);
    expect(named(byMail, 'Order Completed').length).toBeGreaterThan(0);
    expect(effects.some(({ kind }) => kind === 'follow')).toBe(true);
    expect(effects.some(({ kind }) => kind === 'unsubscribe')).toBe(true);
  });
});
