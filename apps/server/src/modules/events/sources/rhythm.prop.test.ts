import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSilent, rhythmOf } from './rhythm.ts';

const HOUR_MS = 3_600_000;
const rising = (gaps: readonly number[]) =>
  gaps.reduce<number[]>((hours, gap) => [...hours, hours.at(-1)! + gap], [1_000]);
const gaps = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 40 });

/** Straight from the words: too few, or a gap longer than one and a half times every gap but one, and an hour. */
function naiveSilent(hours: readonly number[], quietMs: number): boolean {
  const known = hours.slice(1).map((hour, i) => hour - hours[i]!);
  if (known.length < 4) return false;
  const longest = known.indexOf(Math.max(...known));
  return known.every((gap, i) => i === longest || quietMs > (gap * 1.5 + 1) * HOUR_MS);
}

describe('silence', () => {
  it('is what the naive reading of all gaps says', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 200 * HOUR_MS }), (list, quietMs) => {
        expect(isSilent(rhythmOf(rising(list)), 0, quietMs)).toBe(naiveSilent(rising(list), quietMs));
      }),
    );
  });

  it('once begun, lasts until something comes', () => {
    fc.assert(
      fc.property(gaps, fc.nat(200 * HOUR_MS), fc.nat(200 * HOUR_MS), (list, quietMs, more) => {
        const rhythm = rhythmOf(rising(list));
        if (isSilent(rhythm, 0, quietMs)) expect(isSilent(rhythm, 0, quietMs + more)).toBe(true);
      }),
    );
  });

  it('is never said of what comes at an even pace before half a pace too much has passed, and always after', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 72 }), fc.integer({ min: 4, max: 30 }), (pace, times) => {
        const rhythm = rhythmOf(rising(Array.from({ length: times }, () => pace)));
        expect(isSilent(rhythm, 0, (pace * 1.5 + 1) * HOUR_MS)).toBe(false);
        expect(isSilent(rhythm, 0, (pace * 1.5 + 1) * HOUR_MS + 1)).toBe(true);
      }),
    );
  });

  it('is not excused by one outage of the past', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 48 }), { minLength: 5, maxLength: 30 }), fc.nat(), (list, at) => {
        const even = [...list, Math.max(...list)];
        const place = at % even.length;
        const outage = [...even.slice(0, place), 400, ...even.slice(place)];
        expect(rhythmOf(rising(outage)).silentAfterHours).toBe(Math.max(...list) * 1.5 + 1);
      }),
    );
  });
});
