import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalOf, usableFor, worthOf } from './worth.ts';

const burning = fc
  .record({ points: fc.integer({ min: 1, max: 50 }), amountMinor: fc.integer({ min: 1, max: 200 }) })
  .chain((value) =>
    fc
      .record({ step: fc.integer({ min: 1, max: 12 }), times: fc.integer({ min: 1, max: 4 }) })
      .map(({ step, times }) => ({
        ...{ values: [{ currency: 'EUR', ...value }], minimum: step * times, step },
      })),
  );

describe('points that can be used for an amount', () => {
  it('are the fewest that pay the most of it: what trying every number finds', () => {
    const input = fc.record({ burn: burning, balance: fc.nat({ max: 200 }), amountMinor: fc.nat({ max: 900 }) });
    fc.assert(
      fc.property(input, ({ burn, balance, amountMinor }) => {
        const { points, worthMinor } = usableFor(burn, { balance, points: undefined, amountMinor, currency: 'EUR' });
        let best = { points: 0, worthMinor: 0 };
        for (let n = 1; n <= balance; n++) {
          const worth = worthOf(burn, n, 'EUR')!;
          if (refusalOf(burn, n) === undefined && worth <= amountMinor && worth > best.worthMinor)
            best = { points: n, worthMinor: worth };
        }
        expect({ points, worthMinor: points === 0 ? 0 : worthMinor }).toEqual(best);
      }),
      { numRuns: propertyRuns(400) },
    );
  });

  it('are none in a currency that they do not pay in, or where nothing says what they are worth', () => {
    const wish = { balance: 1_000, points: undefined, amountMinor: 1_000, currency: 'USD' };
    const burn = { values: [{ currency: 'EUR', points: 1, amountMinor: 1 }], minimum: 1, step: 1 };
    expect([usableFor(burn, wish), usableFor(null, wish)]).toEqual([
      { points: 0, worthMinor: 0 },
      { points: 0, worthMinor: 0 },
    ]);
  });
});
