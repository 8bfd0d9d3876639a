import { expect, test } from 'vitest';
import { advanceCommerce, beginCommerce } from './commerce-plan.ts';

const HOUR_MS = 3_600_000;
const pace = { ordersPerHour: 6, shoppers: 100 };
const begin = (seed: number) => beginCommerce({ seed, beganAtMs: 0 });

test('the same seed plans the same days, in whatever steps they are told', () => {
  const inOne = advanceCommerce(begin(5), 240 * HOUR_MS, pace);
  const plan = begin(5);
  const inSteps = Array.from(
    { length: 960 },
    (_, at) =>
      // Saved and loaded in between.
      Object.assign(plan, structuredClone(plan)) && advanceCommerce(plan, (at + 1) * (HOUR_MS / 4), pace),
  ).flat();
  expect(inSteps).toEqual(inOne);
  expect(advanceCommerce(begin(6), 240 * HOUR_MS, pace)).not.toEqual(inOne);
});

test('acts come in their order, and nothing is done to an order before it is placed', () => {
  const acts = advanceCommerce(begin(5), 240 * HOUR_MS, pace);
  expect(acts.map(({ atMs }) => atMs)).toEqual(acts.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  const placed = new Set<number>();
  for (const { act } of acts) {
    if (act.kind === 'order') placed.add(act.number);
    if (['send', 'arrive', 'bringBack', 'callOff'].includes(act.kind))
      expect(placed).toContain('number' in act ? act.number : -1);
  }
});

test('everything that can happen happens within ten days', () => {
  const kinds = new Set(advanceCommerce(begin(5), 240 * HOUR_MS, pace).map(({ act }) => act.kind));
  expect([...kinds].toSorted()).toEqual([
    'arrive',
    'bringBack',
    'callOff',
    'cart',
    'learn',
    'line',
    'order',
    'price',
    'restock',
    'send',
  ]);
});
