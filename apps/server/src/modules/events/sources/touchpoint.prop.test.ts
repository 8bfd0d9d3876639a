import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideTouchpoint, type TouchpointInput } from './decide-touchpoint.ts';
import { NOTHING_OBSERVED, observe } from './observed-state.ts';
import { ShapeTree } from './shape-tree.ts';
import { type TouchpointDefinition, TOUCHPOINTS } from './touchpoint.data.ts';

const HOUR_MS = 3_600_000;
const NOW = 500_000 * HOUR_MS;
const order = TOUCHPOINTS.find(({ key }) => key === 'order')!;
const NOTHING: TouchpointInput = { sightings: [], refused: [], known: [] };

const kind = fc.constantFrom(
  ...[...TOUCHPOINTS.flatMap(({ events }) => events), { type: 'track', name: 'Nothing Known' }],
  { type: 'page', name: 'Home' },
);
const sighting = fc
  .tuple(kind, fc.uniqueArray(fc.integer({ min: 1, max: 672 }), { minLength: 1, maxLength: 30 }), fc.nat(2))
  .map(([{ type, name }, ago, source]) => {
    const hours = ago.sort((a, b) => b - a).map((hour) => 500_000 - hour);
    return { source, type, name, hours, lastAt: hours.at(-1)! * HOUR_MS, count: hours.length };
  });
const input = fc.record({ sightings: fc.array(sighting, { maxLength: 8 }) }).map((some) => ({ ...NOTHING, ...some }));
const definition = fc.constantFrom<TouchpointDefinition>(...TOUCHPOINTS);

const isOf = (touchpoint: TouchpointDefinition, { type, name }: { type: string; name: string }) =>
  touchpoint.events.some((event) => event.type === type && (event.name === '' || event.name === name));

/** Straight from the words: gaps of all hours in which anything of it came. */
function naiveState(touchpoint: TouchpointDefinition, { sightings }: TouchpointInput): string {
  const own = sightings.filter((seen) => isOf(touchpoint, seen));
  if (own.length === 0) return 'absent';
  const hours = Array.from({ length: 700 }, (_, i) => 500_000 - 700 + i).filter((hour) =>
    own.some((seen) => seen.hours.includes(hour)),
  );
  const gaps = hours.slice(1).map((hour, i) => hour - hours[i]!);
  const quiet = 500_000 - hours.at(-1)!;
  const longest = gaps.indexOf(Math.max(...gaps));
  const isQuiet = gaps.length >= 4 && gaps.every((gap, i) => i === longest || quiet > gap * 1.5 + 1);
  return isQuiet ? 'silent' : 'tracked';
}

function known(properties: Parameters<ShapeTree['see']>[0], times: number) {
  const tree = new ShapeTree();
  for (let i = 0; i < times; i++) tree.see(properties, undefined, NOW - 1_000);
  return {
    source: 1,
    type: 'track',
    name: 'Order Completed',
    lastAt: NOW - 1_000,
    state: observe(NOTHING_OBSERVED, tree.take()),
  };
}
const whole = { order_id: 'o', total: 10, currency: 'EUR', products: [{ product_id: 'p', price: 10 }] };

describe('a touchpoint', () => {
  it('is absent, silent or tracked as a naive reading of its events says', () => {
    fc.assert(
      fc.property(definition, input, (touchpoint, seen) => {
        expect(decideTouchpoint(touchpoint, seen, NOW).state).toBe(naiveState(touchpoint, seen));
      }),
    );
  });

  it('is judged by its own events alone', () => {
    fc.assert(
      fc.property(definition, input, (touchpoint, seen) => {
        const own = { ...seen, sightings: seen.sightings.filter((one) => isOf(touchpoint, one)) };
        expect(decideTouchpoint(touchpoint, seen, NOW)).toEqual(decideTouchpoint(touchpoint, own, NOW));
      }),
    );
  });

  it('is broken as soon as one of its events was refused, with field and remedy, whatever else came', () => {
    fc.assert(
      fc.property(definition, input, fc.nat(20), (touchpoint, seen, at) => {
        const event = touchpoint.events[at % touchpoint.events.length]!;
        const refused = [{ source: 1, ...event, field: 'properties', reason: 'must be an object', count: 3 }];
        const decided = decideTouchpoint(touchpoint, { ...seen, refused }, NOW);
        expect(decided.state).toBe('broken');
        expect(decided.faults[0]).toMatchObject({
          field: 'properties',
          remedy: '3 refused in a day: must be an object',
        });
        expect(decideTouchpoint(touchpoint, seen, NOW).state).not.toBe('broken');
      }),
    );
  });

  it('is broken by what its events lack, and by nothing once they carry it', () => {
    fc.assert(
      fc.property(fc.subarray(['order_id', 'total', 'currency', 'products'] as const), (left) => {
        const properties = Object.fromEntries(Object.entries(whole).filter(([key]) => !left.includes(key as never)));
        const decided = decideTouchpoint(order, { ...NOTHING, known: [known(properties, 10)] }, NOW);
        expect(decided.faults.map(({ field }) => field)).toEqual(left);
        expect(decided.state).toBe(left.length === 0 ? 'absent' : 'broken');
      }),
    );
  });

  it('is broken by a type the e-commerce specification does not have, also deep inside', () => {
    const wrong = { ...whole, total: '10', products: [{ product_id: 'p', price: '10' }] };
    expect(decideTouchpoint(order, { ...NOTHING, known: [known(wrong, 1)] }, NOW).faults).toEqual([
      { source: 1, name: 'Order Completed', field: 'total', remedy: 'came as string; send a number, without quotes' },
      {
        source: 1,
        name: 'Order Completed',
        field: 'products[].price',
        remedy: 'came as string; send a number, without quotes',
      },
    ]);
  });

  it('is not judged by what its events lack before five of them came', () => {
    expect(decideTouchpoint(order, { ...NOTHING, known: [known({}, 4)] }, NOW).faults).toEqual([]);
    expect(decideTouchpoint(order, { ...NOTHING, known: [known({}, 5)] }, NOW).faults).toHaveLength(4);
  });
});
