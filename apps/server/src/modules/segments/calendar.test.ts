import { describe, expect, it } from 'vitest';

import { calendarSpan, dayStartMs, isZone, localDay, localHour, weekdayOf } from './calendar.ts';

const utc = (text: string): number => Date.parse(`${text}:00Z`);
const dayOf = (date: string): number => Date.parse(date) / 86_400_000;

describe('a day in a zone', () => {
  it('has 23 hours when clocks are put forward and 25 when they are put back', () => {
    const hours = (date: string) =>
      (dayStartMs('Europe/Berlin', dayOf(date) + 1) - dayStartMs('Europe/Berlin', dayOf(date))) / 3_600_000;
    expect([hours('2026-03-29'), hours('2026-10-25'), hours('2026-10-26')]).toEqual([23, 25, 24]);
  });

  it('begins when clocks skip midnight at the hour they skip to', () => {
    expect(dayStartMs('Africa/Cairo', dayOf('2026-04-24'))).toBe(utc('2026-04-23T22:00'));
    expect(localHour('Africa/Cairo', utc('2026-04-23T22:00'))).toBe(1);
  });

  it('begins once when clocks are put back from midnight to eleven', () => {
    expect(dayStartMs('Africa/Cairo', dayOf('2026-10-30'))).toBe(utc('2026-10-29T22:00'));
    expect(localDay('Africa/Cairo', utc('2026-10-29T21:30'))).toBe(dayOf('2026-10-29'));
  });

  it('knows zones by their names only', () => {
    expect(['UTC', 'Asia/Kathmandu', 'Mars/Olympus', '', '+02:00', 'Europe/Berlin; drop'].map(isZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('counts weekdays from Monday, before 1970 too', () => {
    expect(weekdayOf(dayOf('2026-11-23'))).toBe(0);
    expect(weekdayOf(dayOf('1969-12-28'))).toBe(6);
  });
});

describe('a calendar word', () => {
  const now = utc('2026-11-22T23:30');

  it('means by the zone what its calendar says: it is Monday in Berlin while it is Sunday in UTC', () => {
    expect(calendarSpan('thisWeek', 'UTC', now).fromMs).toBe(utc('2026-11-16T00:00'));
    expect(calendarSpan('thisWeek', 'Europe/Berlin', now).fromMs).toBe(utc('2026-11-22T23:00'));
  });

  it('means the unit before up to the one that runs, and changes when that ends', () => {
    expect(calendarSpan('lastMonth', 'Europe/Berlin', now)).toEqual({
      fromMs: utc('2026-09-30T22:00'),
      untilMs: utc('2026-10-31T23:00'),
      sinceMs: utc('2026-10-31T23:00'),
      changesAtMs: utc('2026-11-30T23:00'),
    });
    expect(calendarSpan('lastYear', 'UTC', now).fromMs).toBe(utc('2025-01-01T00:00'));
    expect(calendarSpan('yesterday', 'UTC', now).untilMs).toBe(utc('2026-11-22T00:00'));
  });
});
