import { parseInstant } from '@segue/contract';

export interface TimeOptions {
  /** IANA name, of times that do not say theirs; undefined: UTC. */
  readonly timeZone?: string | undefined;
  /** What 01/02/2026 means; undefined: nobody knows. */
  readonly dateOrder?: 'dmy' | 'mdy' | undefined;
}

export type ReadTime =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'wrong'; readonly message: string };

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;
const PARTS = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[T,\s]+(\d{1,2}):(\d\d)(?::(\d\d))?\s*([ap]m)?)?$/i;
const EPOCH = /^\d{10}(?:\d{3})?$/;
const REMEDY = 'write it like "2026-11-22T10:00:00Z"';

/**
 * The instant a cell names: ISO 8601 with T or a space, day and month in either order, or seconds or milliseconds since 1970.
 * What could be two days is refused rather than guessed. Pure.
 */
export function parseTime(text: string, options: TimeOptions): ReadTime {
  if (EPOCH.test(text)) return { kind: 'time', ms: Number(text) * (text.length === 10 ? 1_000 : 1) };
  const iso = ISO.exec(text);
  if (iso !== null) return readWall(`${iso[1]}T${iso[2] ?? '00:00:00'}`, iso[3], options);
  const parts = PARTS.exec(text);
  if (parts === null) return wrong(`is no time; ${REMEDY}`);
  const [, first, mark, second, year, hour = '0', minute = '00', seconds = '00', half] = parts;
  const order = orderOf({ first: Number(first), second: Number(second), mark: mark! }, options);
  if (order === undefined)
    return wrong('could be two dates; say with dateOrder whether the day or the month comes first');
  const [day, month] = order === 'dmy' ? [first!, second!] : [second!, first!];
  const at = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${hourOf(hour, half)}:${minute}:${seconds}`;
  return readWall(at, undefined, options);
}

function wrong(message: string): ReadTime {
  return { kind: 'wrong', message };
}

/** Points are written where the day comes first; a number above 12 is a day. */
function orderOf(
  { first, second, mark }: { first: number; second: number; mark: string },
  { dateOrder }: TimeOptions,
): 'dmy' | 'mdy' | undefined {
  if (mark === '.') return 'dmy';
  if (dateOrder !== undefined) return dateOrder;
  if (first > 12) return 'dmy';
  return second > 12 || first === second ? 'mdy' : undefined;
}

function hourOf(hour: string, half: string | undefined): string {
  if (half === undefined) return hour.padStart(2, '0');
  return String((Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)).padStart(2, '0');
}

function readWall(wall: string, zone: string | undefined, { timeZone }: TimeOptions): ReadTime {
  const asUtc = parseInstant(wall.length === 16 ? `${wall}:00` : wall);
  if (asUtc === undefined) return wrong(`is no time there is; ${REMEDY}`);
  if (zone === undefined) return { kind: 'time', ms: timeZone === undefined ? asUtc : inZone(asUtc, timeZone) };
  if (/^[zug]/i.test(zone)) return { kind: 'time', ms: asUtc };
  const offset = zone.length === 3 ? `${zone}:00` : zone;
  const at = parseInstant(`${wall.length === 16 ? `${wall}:00` : wall}${offset}`);
  return at === undefined ? wrong(`has no offset there is; ${REMEDY}`) : { kind: 'time', ms: at };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** Whether Intl knows the zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of the zone showed, less UTC. */
function offsetMs(ms: number, timeZone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(ms)) part[type] = Number(value);
  const shown = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']);
  return shown - Math.floor(ms / 1_000) * 1_000;
}

/** The instant at which the zone's clocks showed this; of an hour that came twice the first, of one left out the one after. */
function inZone(wallMs: number, timeZone: string): number {
  const before = wallMs - offsetMs(wallMs - 86_400_000, timeZone);
  if (before + offsetMs(before, timeZone) === wallMs) return before;
  const after = wallMs - offsetMs(wallMs + 86_400_000, timeZone);
  return after + offsetMs(after, timeZone) === wallMs ? after : before;
}
