import { describe, expect, it } from 'vitest';
import { dayText, localDayOf, startOfDay } from './local-day.ts';
import { lotDatesOf } from './lot-dates.ts';

const DAY_MS = 24 * 60 * 60_000;
const timeZone = 'Europe/Berlin';
const at = (text: string) => Date.parse(text);
const atMs = at('2026-11-22T09:00:00Z');

describe('points become available', () => {
  const never = { kind: 'never' } as const;
  it('at once, or so many days later', () => {
    const once = { availability: { kind: 'at_once' }, expiry: never } as const;
    expect(lotDatesOf(once, { atMs, timeZone })).toEqual({ availableAtMs: atMs, expiresAtMs: null });
    const later = { availability: { kind: 'after_days', days: 14 }, expiry: never } as const;
    expect(lotDatesOf(later, { atMs, timeZone }).availableAtMs).toBe(atMs + 14 * DAY_MS);
  });

  it('after delivery and the days of returning, or at the latest so long after the order', () => {
    const terms = { availability: { kind: 'after_delivery', days: 14, atLatestDays: 60 }, expiry: never } as const;
    const of = (deliveredAtMs: number | null) => lotDatesOf(terms, { atMs, deliveredAtMs, timeZone }).availableAtMs;
    expect(of(null)).toBe(atMs + 60 * DAY_MS);
    expect(of(atMs + 3 * DAY_MS)).toBe(atMs + 17 * DAY_MS);
    expect(of(atMs + 59 * DAY_MS)).toBe(atMs + 60 * DAY_MS);
  });
});

describe('points expire', () => {
  const availability = { kind: 'at_once' } as const;
  const end = (expiry: Parameters<typeof lotDatesOf>[0]['expiry'], earnedMs = atMs) =>
    lotDatesOf({ availability, expiry }, { atMs: earnedMs, timeZone }).expiresAtMs;

  it('with the day on which the month or year is over by the clock of the workspace', () => {
    expect(end({ kind: 'end_of_month', months: 0 })).toBe(at('2026-12-01T00:00:00+01:00'));
    expect(end({ kind: 'end_of_month', months: 6 })).toBe(at('2027-06-01T00:00:00+02:00'));
    expect(end({ kind: 'end_of_year', years: 1 })).toBe(at('2028-01-01T00:00:00+01:00'));
    // Still the old year in London, the new one in Berlin.
    expect(end({ kind: 'end_of_year', years: 0 }, at('2026-12-31T23:30:00Z'))).toBe(at('2028-01-01T00:00:00+01:00'));
  });

  it('so many days after they were earned, or after she last did something', () => {
    expect(end({ kind: 'days', days: 365 })).toBe(atMs + 365 * DAY_MS);
    expect(end({ kind: 'inactivity', days: 90 })).toBe(atMs + 90 * DAY_MS);
  });
});

describe('a day of a zone', () => {
  it('begins when clocks first show it, also where they are changed at midnight', () => {
    // Clocks in Beirut go from 0:00 to 1:00 on 2026-03-29.
    const day = { year: 2026, month: 3, day: 29 };
    const start = startOfDay(day, 'Asia/Beirut');
    expect(dayText(localDayOf(start, 'Asia/Beirut'))).toBe('2026-03-29');
    expect(dayText(localDayOf(start - 1, 'Asia/Beirut'))).toBe('2026-03-28');
  });

  it('begins with itself in every zone on every day of two years', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Chatham', 'America/Santiago'])
      for (let n = 0; n < 730; n++) {
        const day = localDayOf(Date.UTC(2026, 0, 1, 12) + n * DAY_MS, zone);
        const start = startOfDay(day, zone);
        expect([localDayOf(start, zone), localDayOf(start - 1, zone).day === day.day]).toEqual([day, false]);
      }
  });
});
