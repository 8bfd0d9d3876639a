import type { CalendarPeriod } from '@segue/contract';

const DAY_MS = 86_400_000;
/** Zones that are in use move their clocks, and their days begin, at quarters of an hour. */
export const QUARTER_MS = 900_000;
const OFFSETS_MAX = 4_096;
const ZONES_MAX = 1_000;
const SPANS_MAX = 8;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/;

interface Zone {
  readonly name: string;
  readonly format: Intl.DateTimeFormat | undefined;
  readonly offsets: Map<number, number>;
}

const zones = new Map<string, Zone | undefined>();

function findZone(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name);
  if (zones.size >= ZONES_MAX) zones.clear();
  const zone = openZone(name);
  zones.set(name, zone);
  return zone;
}

function openZone(name: string): Zone | undefined {
  if (!ZONE_NAME.test(name)) return undefined;
  if (name === 'UTC') return { name, format: undefined, offsets: new Map() };
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return { name, format, offsets: new Map() };
  } catch {
    return undefined;
  }
}

/** Whether a text names an IANA zone that Intl knows. */
export function isZone(name: string): boolean {
  return findZone(name) !== undefined;
}

/** What clocks in the zone are ahead of UTC at an instant, in milliseconds. An unknown zone is UTC. */
export function zoneOffsetMs(name: string, atMs: number): number {
  const zone = findZone(name);
  if (zone?.format === undefined) return 0;
  const quarter = Math.floor(atMs / QUARTER_MS);
  const known = zone.offsets.get(quarter);
  if (known !== undefined) return known;
  const offsetMs = readOffset(zone.format, atMs);
  if (zone.offsets.size >= OFFSETS_MAX) zone.offsets.clear();
  zone.offsets.set(quarter, offsetMs);
  return offsetMs;
}

function readOffset(format: Intl.DateTimeFormat, atMs: number): number {
  const part: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(atMs)) part[type] = value;
  const number = (type: string): number => Number(part[type]);
  const year = part['era']?.startsWith('B') === true ? 1 - number('year') : number('year');
  const local = new Date(0);
  local.setUTCFullYear(year, number('month') - 1, number('day'));
  local.setUTCHours(number('hour'), number('minute'), number('second'));
  return local.getTime() - Math.floor(atMs / 1000) * 1000;
}

/** The number of a zone's day: days since 1 January 1970 by its own calendar. */
export function localDay(zone: string, atMs: number): number {
  return Math.floor((atMs + zoneOffsetMs(zone, atMs)) / DAY_MS);
}

/** Monday is 0. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

export function localHour(zone: string, atMs: number): number {
  const localMs = atMs + zoneOffsetMs(zone, atMs);
  return Math.floor((localMs - Math.floor(localMs / DAY_MS) * DAY_MS) / 3_600_000);
}

/** The first instant of a zone's day: midnight, or where clocks skip it the instant they do. */
export function dayStartMs(zone: string, day: number): number {
  const midnight = day * DAY_MS;
  const starts = [midnight - zoneOffsetMs(zone, midnight - DAY_MS), midnight - zoneOffsetMs(zone, midnight + DAY_MS)];
  starts.sort((a, b) => a - b);
  for (const start of starts) if (start + zoneOffsetMs(zone, start) === midnight) return start;
  return firstAtOrAfter(zone, midnight, [starts[0]! - 2 * 3_600_000, starts[1]! + 2 * 3_600_000]);
}

function firstAtOrAfter(zone: string, localMs: number, [earlyMs, lateMs]: readonly [number, number]): number {
  let [low, high] = [earlyMs, lateMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle + zoneOffsetMs(zone, middle) >= localMs) high = middle;
    else low = middle;
  }
  return high;
}

/** A stretch [fromMs, untilMs) that a calendar word means from `sinceMs` until `changesAtMs`. */
export interface CalendarSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly sinceMs: number;
  readonly changesAtMs: number;
}

/** The spans asked for last, by zone and word: a rule looks at the one it is in and at those that come. */
const spans = new Map<string, Map<CalendarPeriod, CalendarSpan[]>>();

/** What a calendar word means at an instant, by the clocks of a zone. */
export function calendarSpan(period: CalendarPeriod, zone: string, nowMs: number): CalendarSpan {
  let ofZone = spans.get(zone);
  if (ofZone === undefined) {
    if (spans.size >= ZONES_MAX) spans.clear();
    ofZone = new Map();
    spans.set(zone, ofZone);
  }
  let known = ofZone.get(period);
  if (known === undefined) {
    known = [];
    ofZone.set(period, known);
  }
  for (const span of known) if (nowMs >= span.sinceMs && nowMs < span.changesAtMs) return span;
  const span = readSpan(period, zone, nowMs);
  if (known.length >= SPANS_MAX) known.pop();
  known.unshift(span);
  return span;
}

function readSpan(period: CalendarPeriod, zone: string, nowMs: number): CalendarSpan {
  const [before, first, next] = unitDays(period, localDay(zone, nowMs));
  const sinceMs = dayStartMs(zone, first);
  const changesAtMs = dayStartMs(zone, next);
  const isCurrent = period === 'today' || period.startsWith('this');
  return isCurrent
    ? { fromMs: sinceMs, untilMs: changesAtMs, sinceMs, changesAtMs }
    : { fromMs: dayStartMs(zone, before), untilMs: sinceMs, sinceMs, changesAtMs };
}

/** First days of the unit before the one a day lies in, of that one, and of the next. */
function unitDays(period: CalendarPeriod, day: number): readonly [number, number, number] {
  const date = new Date(day * DAY_MS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (period) {
    case 'today':
    case 'yesterday':
      return [day - 1, day, day + 1];
    case 'thisWeek':
    case 'lastWeek': {
      const monday = day - weekdayOf(day);
      return [monday - 7, monday, monday + 7];
    }
    case 'thisMonth':
    case 'lastMonth':
      return [dayNumber(year, month - 1), dayNumber(year, month), dayNumber(year, month + 1)];
    case 'thisYear':
    case 'lastYear':
      return [dayNumber(year - 1, 0), dayNumber(year, 0), dayNumber(year + 1, 0)];
  }
}

/** The number of a day of the calendar; months from 0, and what is too much of one unit goes over into the next. */
export function dayNumber(year: number, month: number, day = 1): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime() / DAY_MS;
}

/** How far back a calendar word can reach from any instant in it, whatever the zone: what must be remembered. */
export const CALENDAR_SPAN_MS: Readonly<Record<CalendarPeriod, number>> = {
  today: 2 * DAY_MS,
  yesterday: 3 * DAY_MS,
  thisWeek: 9 * DAY_MS,
  lastWeek: 16 * DAY_MS,
  thisMonth: 33 * DAY_MS,
  lastMonth: 64 * DAY_MS,
  thisYear: 368 * DAY_MS,
  lastYear: 734 * DAY_MS,
};
