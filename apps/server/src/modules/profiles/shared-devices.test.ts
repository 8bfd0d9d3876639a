import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Guest, noteGuest } from './shared-devices.ts';

const HOUR_MS = 3_600_000;
const seen = (guests: readonly Guest[], usersMax = 5) => {
  let known: readonly Guest[] = [];
  return guests.map((guest) => {
    const noted = noteGuest(known, guest, usersMax);
    known = noted.guests;
    return noted.isTooMany;
  });
};

describe('people seen with a device', () => {
  it('are too many when they are more than a household has within an hour, not one before', () => {
    const six = Array.from({ length: 6 }, (_, user): Guest => [user, user * 60_000]);
    expect(seen(six)).toEqual([false, false, false, false, false, true]);
    expect(seen(six.map(([user]): Guest => [user, (user * HOUR_MS) / 5]))).not.toContain(true);
    expect(seen(six.map(([, atMs]): Guest => [1, atMs]))).not.toContain(true);
  });

  it('are found too many in whatever order they come, as long as all came within the hour', () => {
    const hour = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: HOUR_MS - 1 })), {
      minLength: 1,
      maxLength: 12,
      selector: ([user]) => user,
    });
    fc.assert(
      fc.property(hour, (guests) => {
        expect(seen(guests).at(-1)).toBe(guests.length > 5);
      }),
    );
  });

  it('are forgotten after an hour', () => {
    expect(noteGuest([[1, 0]], [2, HOUR_MS], 5).guests).toEqual([[2, HOUR_MS]]);
  });
});
