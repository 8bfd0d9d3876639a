import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quietUntil } from './quiet-hours.ts';
import type { QuietWindow } from './send-policy.ts';

const MINUTE_MS = 60_000;
/** Clocks that go forward at 2 and at midnight, by half an hour, by nothing, and far from here. */
const ZONES = [
  ...['Europe/Berlin', 'America/New_York', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'],
  ...['Pacific/Apia', 'America/St_Johns', 'Africa/Cairo'],
];

/** What the clock on the wall shows, read the slow way. */
function wallClock(zone: string, atMs: number): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(atMs);
  const text = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  const day = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(text('weekday'));
  return { day, minute: Number(text('hour')) * 60 + Number(text('minute')) };
}

function isQuiet(windows: readonly QuietWindow[], zones: readonly string[], atMs: number): boolean {
  return zones.some((zone) => {
    const { day, minute } = wallClock(zone, atMs);
    return windows.some(({ fromMinute, toMinute, days = [0, 1, 2, 3, 4, 5, 6] }) => {
      const yesterday = (day + 6) % 7;
      if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
      return (days.includes(day) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute);
    });
  });
}

const window: fc.Arbitrary<QuietWindow> = fc.record({
  fromMinute: fc.nat(95).map((quarter) => quarter * 15),
  toMinute: fc.nat(95).map((quarter) => quarter * 15),
  days: fc.option(fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 7 }), { nil: undefined }),
});
const zones = fc.uniqueArray(fc.constantFrom(...ZONES), { minLength: 1, maxLength: 3 });
/** Days on which some of these clocks are changed, and any others. */
const around = fc.constantFrom(
  ...['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-09-06', '2026-10-04', '2026-04-24'],
  ...['2026-10-29', '2026-07-14'],
);
const instant = fc
  .tuple(around, fc.integer({ min: -24 * 60, max: 48 * 60 }))
  .map(([day, minutes]) => Date.parse(`${day}T00:00:00Z`) + minutes * MINUTE_MS);

describe('quiet hours', () => {
  it('end at the first minute at which no clock of hers says that it is quiet, days of changed clocks included', () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), zones, instant, (windows, names, nowMs) => {
        const untilMs = quietUntil(windows, names, nowMs);
        if (untilMs === undefined) {
          for (let minute = 0; minute < 8 * 1_440; minute += 15)
            if (!isQuiet(windows, names, nowMs + minute * MINUTE_MS)) throw new Error(`open after ${minute} minutes`);
          return;
        }
        expect(isQuiet(windows, names, untilMs)).toBe(false);
        const length = (untilMs - nowMs) / MINUTE_MS;
        expect(Number.isInteger(length)).toBe(true);
        // Every minute of the first day, then every quarter: windows and changes lie on those.
        for (let minute = 0; minute < length; minute += minute < 1_440 ? 1 : 15)
          if (!isQuiet(windows, names, nowMs + minute * MINUTE_MS)) throw new Error(`open after ${minute} minutes`);
      }),
      { numRuns: propertyRuns(60) },
    );
  });

  it('of half past nine in the evening until eight end at eight, in the night in which clocks go forward too', () => {
    const nights = [{ fromMinute: 21 * 60 + 30, toMinute: 8 * 60, days: undefined }];
    const evening = Date.parse('2026-03-28T21:00:00Z');
    expect(new Date(quietUntil(nights, ['Europe/Berlin'], evening) ?? 0).toISOString()).toBe(
      '2026-03-29T06:00:00.000Z',
    );
  });

  it('of every hour of the week never end', () => {
    expect(quietUntil([{ fromMinute: 480, toMinute: 480, days: undefined }], ['UTC'], 0)).toBeUndefined();
  });
});
