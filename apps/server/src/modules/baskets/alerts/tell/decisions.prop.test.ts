import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Threshold } from '../alert.ts';
import { decideWave, type Waiting } from './decide-wave.ts';
import { isDrop } from './decide-price-drop.ts';

const someone = fc.record({ pieces: fc.integer({ min: 1, max: 5 }), rank: fc.integer({ min: 0, max: 2 }) });

describe('a wave', () => {
  it('is who one would call by hand: again and again the first of the highest rank, until all pieces are spoken for', () => {
    const input = fc.record({
      people: fc.array(someone, { maxLength: 30 }),
      available: fc.integer({ min: -2, max: 12 }),
      factorHundredths: fc.integer({ min: 10, max: 400 }),
      waveLeft: fc.nat({ max: 10 }),
    });
    fc.assert(
      fc.property(input, ({ people, ...rest }) => {
        const waiting = people.map(({ pieces }, at) => ({ id: `a${at}`, profileId: `p${at}`, pieces }));
        const rankOf = (profileId: string) => people[Number(profileId.slice(1))]!.rank;
        const called = decideWave({ ...rest, waiting, rankOf }).chosen.map(({ id }) => id);
        expect(called).toEqual(byHand({ ...rest, waiting, rankOf }));
        // Of the pieces no more than the factor is worth are spoken for, and never anybody when there is none.
        expect(called.length * 100).toBeLessThan(Math.max(0, rest.available) * rest.factorHundredths + 100);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});

function byHand(input: {
  available: number;
  factorHundredths: number;
  waveLeft: number;
  waiting: readonly Waiting[];
  rankOf: (profileId: string) => number;
}): string[] {
  const { available, factorHundredths, waveLeft, rankOf } = input;
  const left = input.waiting.filter((one) => one.pieces <= available);
  const called: string[] = [];
  while (left.length > 0) {
    if (called.length * 100 >= available * factorHundredths) break;
    if (waveLeft > 0 && called.length === waveLeft) break;
    const best = Math.max(...left.map((one) => rankOf(one.profileId)));
    const at = left.findIndex((one) => rankOf(one.profileId) === best);
    called.push(...left.splice(at, 1).map(({ id }) => id));
  }
  return called;
}

const thresholds: fc.Arbitrary<Threshold | null> = fc.oneof(
  fc.constant(null),
  fc.record({ kind: fc.constant('amount' as const), value: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('percent' as const), value: fc.integer({ min: 1, max: 10_000 }) }),
);

describe('price drops', () => {
  it('that are told go down, each by as much as she asked for, and leave none out that does', () => {
    const prices = fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), prices, thresholds, (seen, asked, threshold) => {
        let knows = seen;
        const told: number[] = [];
        for (const price of asked) {
          if (!isDrop({ baselineMinor: knows, threshold }, price)) continue;
          told.push(price);
          knows = price;
        }
        expect(told).toEqual(inWords({ seen, asked, threshold }));
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});

function inWords({
  seen,
  asked,
  threshold,
}: {
  seen: number;
  asked: readonly number[];
  threshold: Threshold | null;
}): number[] {
  const least = (knows: number) => {
    if (threshold?.kind === 'amount') return threshold.value;
    return threshold?.kind === 'percent' ? Math.ceil((knows * threshold.value) / 10_000) : 1;
  };
  return asked.reduce<number[]>((told, price) => {
    const knows = told.at(-1) ?? seen;
    return price < knows && knows - price >= least(knows) ? [...told, price] : told;
  }, []);
}
