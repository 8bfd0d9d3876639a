const formats = new Map<string, Intl.DateTimeFormat>();
const texts = new Map<string, string>();

/** What a calendar and clock on the wall say: "2026-11-22 13:05". */
export function wallTime(atMs: number, zone: string): string {
  const key = `${zone} ${atMs}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    formats.set(zone, format);
  }
  const text = format.format(atMs);
  if (texts.size > 200_000) texts.clear();
  texts.set(key, text);
  return text;
}

export function dateOn(atMs: number, zone: string): string {
  return wallTime(atMs, zone).slice(0, 10);
}

const shifted = new Map<string, string>();

export function shiftDate(date: string, days: number): string {
  const key = `${date}${days}`;
  let there = shifted.get(key);
  if (there === undefined) {
    there = new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
    shifted.set(key, there);
  }
  return there;
}

/** Monday is 0. */
export function weekday(date: string): number {
  return (new Date(date).getUTCDay() + 6) % 7;
}

function monday(date: string): string {
  return shiftDate(date, -weekday(date));
}

/** Whether a date lies in what a calendar word means on another date. */
export function isDuring(period: string, date: string, today: string): boolean {
  switch (period) {
    case 'today':
      return date === today;
    case 'yesterday':
      return date === shiftDate(today, -1);
    case 'thisWeek':
      return monday(date) === monday(today);
    case 'lastWeek':
      return shiftDate(monday(date), 7) === monday(today);
    case 'thisMonth':
      return date.slice(0, 7) === today.slice(0, 7);
    case 'lastMonth':
      return date.slice(0, 7) === shiftDate(`${today.slice(0, 7)}-01`, -1).slice(0, 7);
    case 'thisYear':
      return date.slice(0, 4) === today.slice(0, 4);
    case 'lastYear':
      return Number(date.slice(0, 4)) + 1 === Number(today.slice(0, 4));
    default:
      throw new Error(`the oracle does not know ${period}`);
  }
}

/** Whether a day of the year comes back today or within so many days. */
export function returnsWithin(monthDay: string, days: number, today: string): boolean {
  for (let ahead = 0; ahead <= days; ahead += 1) {
    const date = shiftDate(today, ahead);
    const isInsteadOfLeapDay =
      monthDay === '02-29' && date.slice(5) === '02-28' && shiftDate(date, 1).slice(5) === '03-01';
    if (date.slice(5) === monthDay || isInsteadOfLeapDay) return true;
  }
  return false;
}

const firsts = new Map<string, number>();

/** The first quarter of an hour of a date, by looking at one after the other. */
export function firstInstantOf(date: string, zone: string): number {
  const key = `${date} ${zone}`;
  let atMs = firsts.get(key);
  if (atMs !== undefined) return atMs;
  atMs = Date.parse(date) - 15 * 3_600_000;
  while (dateOn(atMs, zone) < date) atMs += 900_000;
  firsts.set(key, atMs);
  return atMs;
}
