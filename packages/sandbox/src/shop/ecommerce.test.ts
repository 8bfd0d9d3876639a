import { ecommerceNameOf, readEcommerceEvent } from '@segue/contract';
import { expect, test } from 'vitest';
import { advanceWorld } from './advance-world.ts';
import { beginWorld } from './world.ts';
import { ECOMMERCE_EVENTS } from './shop-event.ts';

const BEGAN_AT_MS = Date.UTC(2026, 10, 20);

test('every event of the shop has the types of Segment’s e-commerce specification', () => {
  const world = beginWorld({ seed: 7, beganAtMs: BEGAN_AT_MS, shopUrl: 'http://127.0.0.1:4101/shop/' });
  const inputs = { visitsPerHour: 6, newestMail: () => undefined };
  const names = new Set<string>();
  for (const effect of advanceWorld(world, BEGAN_AT_MS + 4 * 86_400_000, inputs)) {
    if (effect.kind !== 'send' || effect.event.type !== 'track') continue;
    const { name, properties } = effect.event;
    if (ecommerceNameOf(name) === undefined) continue;
    expect(readEcommerceEvent(name, properties), name).toEqual({ ok: true, event: { name, properties } });
    names.add(name);
  }
  const missing = ECOMMERCE_EVENTS.filter((name) => !names.has(name));
  // No shopper takes anything out of her cart.
  expect(missing).toEqual(['Product Removed']);
});
