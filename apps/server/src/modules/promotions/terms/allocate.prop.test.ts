import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allocate, percentOf } from './allocate.ts';

const amount = fc.oneof(fc.nat(1_000), fc.nat(1_000_000_000_000));
const weights = fc.array(amount, { minLength: 1, maxLength: 40 });

it('a sum divided over parts is the sum again, and no part is more than its weight or a unit off its share', () => {
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const sum = all.reduce((total, weight) => total + weight, 0);
      const total = Math.floor(sum * share);
      const parts = allocate(total, all);
      expect(parts.reduce((added, part) => added + part, 0)).toBe(sum === 0 ? 0 : total);
      for (const [at, part] of parts.entries()) {
        expect(part).toBeLessThanOrEqual(all[at]!);
        const exact = sum === 0 ? 0n : (BigInt(total) * BigInt(all[at]!)) / BigInt(sum);
        expect(BigInt(part) - exact).toBeGreaterThanOrEqual(0n);
        expect(BigInt(part) - exact).toBeLessThanOrEqual(1n);
      }
    }),
    { numRuns: propertyRuns(500) },
  );
});

it('a percentage is exact to half a minor unit, however large the amount', () => {
  fc.assert(
    fc.property(amount, fc.integer({ min: 1, max: 10_000 }), (minor, hundredths) => {
      const taken = BigInt(percentOf(minor, hundredths / 100));
      const twice = 2n * BigInt(minor) * BigInt(hundredths);
      expect(20_000n * taken).toBeGreaterThan(twice - 10_000n);
      expect(20_000n * taken).toBeLessThanOrEqual(twice + 10_000n);
    }),
    { numRuns: propertyRuns(500) },
  );
});
