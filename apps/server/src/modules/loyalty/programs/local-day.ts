const DAY_MS = 24 * 60 * 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A date of a calendar: `month` from 1. */
export interface LocalDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formats.set(timeZone, made);
  return made;
}

/** What clocks in the zone show at an instant, as if they showed UTC. */
function shownMs(atMs: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** Which day it is in a zone. Pure. */
export function localDayOf(atMs: number, timeZone: string): LocalDay {
  const at = new Date(shownMs(atMs, timeZone));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** The first instant of a day in a zone; months and days may run over. Pure. */
export function startOfDay({ year, month, day }: LocalDay, timeZone: string): number {
  const wantedMs = Date.UTC(year, month - 1, day);
  // Offsets of both sides of a change of clocks; the earliest instant that shows the day is its start.
  const offsets = [-DAY_MS, 0, DAY_MS].map((aside) => shownMs(wantedMs + aside, timeZone) - (wantedMs + aside));
  const instants = [...new Set(offsets)].map((offset) => wantedMs - offset).sort((a, b) => a - b);
  return instants.find((atMs) => shownMs(atMs, timeZone) >= wantedMs) ?? wantedMs;
}

/** As engines write dates: `2026-11-22`. */
export function dayText({ year, month, day }: LocalDay): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}`;
}
