import type { SegmentRule } from '@segue/contract';

import type { Json } from '../../../platform/json.ts';
import { dateOn, firstInstantOf, shiftDate } from './naive-calendar.ts';
import type { OracleHistory } from './naive-oracle.ts';
import { asDate, spanMs } from './naive-values.ts';

const DAY_MS = 86_400_000;

/** Every instant at which the oracle's answer could possibly change, by brute enumeration. */
export function criticalInstants(rule: SegmentRule, history: OracleHistory): number[] {
  const asked = JSON.stringify([rule, history.world?.segments, history.world?.computed]);
  const spans = new Set<number>([0]);
  collect(JSON.parse(asked) as Json, (value) => {
    if (typeof value === 'object' && value !== null && ('seconds' in value || 'hours' in value))
      spans.add(spanMs(value));
  });
  if (asked.includes('"daysSince"')) for (const days of [1, 2, 42, 43]) spans.add(days * DAY_MS);
  const moments: number[] = [];
  const dates = new Set<string>();
  const values = [history.traits, ...history.events.map((event) => event.payload as unknown as Json)];
  collect(values as Json, (value) => {
    const dateMs = asDate(value);
    if (dateMs === null || dateMs > Date.UTC(2100, 0) || dateMs < Date.UTC(1900, 0)) return;
    moments.push(dateMs);
    dates.add(typeof value === 'string' ? value.slice(5, 10) : new Date(dateMs).toISOString().slice(5, 10));
  });
  const instants = [
    ...history.events.flatMap((event) => [...spans].map((span) => event.occurredAt + span)),
    ...[...new Set(moments)].flatMap((moment) => [...spans].flatMap((span) => [moment - span, moment + span])),
  ];
  const midnights = [
    ...(asked.includes('"during"') ? history.events.flatMap((event) => datesAround(event.occurredAt)) : []),
    ...(asked.includes('"anniversaryWithin"') ? [...dates].flatMap(returnsOf) : []),
  ];
  const { zone = 'UTC', customerZone = 'UTC' } = history.world ?? {};
  for (const date of new Set(midnights)) {
    for (const where of new Set([zone, customerZone])) instants.push(firstInstantOf(date, where));
  }
  return [...new Set(instants)].sort((a, b) => a - b);
}

function collect(value: Json, visit: (value: Json) => void): void {
  visit(value);
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) collect(inner, visit);
}

/** Days on which what happened then changes from one calendar word to another. */
function datesAround(atMs: number): string[] {
  const date = dateOn(atMs, 'UTC');
  const days = Array.from({ length: 18 }, (_, day) => shiftDate(date, day - 1));
  const month = `${date.slice(0, 7)}-01`;
  const nextMonth = `${shiftDate(month, 32).slice(0, 7)}-01`;
  const monthAfter = `${shiftDate(month, 63).slice(0, 7)}-01`;
  const year = Number(date.slice(0, 4));
  return [...days, nextMonth, monthAfter, `${year + 1}-01-01`, `${year + 2}-01-01`];
}

/** Days on which a day of the year comes within one of the generated distances, and the one after it. */
function returnsOf(monthDay: string): string[] {
  return ['2026', '2027', '2028'].flatMap((year) => {
    const date = monthDay === '02-29' && year !== '2028' ? `${year}-02-28` : `${year}-${monthDay}`;
    return [-366, -40, -3, -1, 0, 1].map((days) => shiftDate(date, days));
  });
}
