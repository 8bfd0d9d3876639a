import type { Context } from 'liquidjs';

const CURRENCY = /^[A-Za-z]{3}$/;
const DAY_MS = 86_400_000;

/** What a filter sees as `this`. */
interface FilterThis {
  readonly context: Pick<Context, 'getSync'>;
}

/**
 * `{{ cart.total | money: "EUR" }}`, `{{ price | money: currency, "de" }}`, or of `{ amountMinor, currency }` alone.
 * What is no amount comes out empty, so that `default` can take over.
 */
export function formatMoney(value: unknown, currency?: unknown, locale?: unknown): string {
  const money = readMoney(value, currency);
  if (money === undefined) return '';
  try {
    return new Intl.NumberFormat(typeof locale === 'string' ? locale : 'en', {
      style: 'currency',
      currency: money.currency,
    }).format(money.amount);
  } catch {
    return `${money.amount.toFixed(2)} ${money.currency}`;
  }
}

function readMoney(value: unknown, currency: unknown): { amount: number; currency: string } | undefined {
  if (typeof value === 'object' && value !== null && 'amountMinor' in value && 'currency' in value) {
    const { amountMinor, currency: own } = value;
    if (typeof amountMinor !== 'number' || typeof own !== 'string' || !CURRENCY.test(own)) return undefined;
    return { amount: amountMinor / 10 ** fractionDigits(own), currency: own };
  }
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof amount !== 'number' || !Number.isFinite(amount)) return undefined;
  return typeof currency === 'string' && CURRENCY.test(currency) ? { amount, currency } : undefined;
}

function fractionDigits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

const PARTS: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  A: { weekday: 'long' },
  a: { weekday: 'short' },
  B: { month: 'long' },
  b: { month: 'short' },
};

/**
 * `{{ order.placedAt | date: "%d %B %Y" }}`, with a time zone as second argument (`"Europe/Berlin"`, default UTC). Takes ISO
 * 8601, milliseconds since the epoch, or `"now"`: the instant the message is rendered. What is no time comes out empty.
 */
export function formatDate(this: FilterThis, value: unknown, ...options: readonly unknown[]): string {
  const [format, zone] = options;
  const atMs = value === 'now' ? this.context.getSync(['now']) : readInstant(value);
  if (typeof atMs !== 'number' || Number.isNaN(new Date(atMs).getTime())) return '';
  const pattern = typeof format === 'string' ? format : '%d %B %Y';
  const zoned = inZone(atMs, typeof zone === 'string' ? zone : 'UTC');
  return pattern.replace(
    /%(-?)([a-zA-Z%])/g,
    (whole, bare: string, code: string) => datePart(zoned, { code, bare: bare !== '' }) ?? whole,
  );
}

function readInstant(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : undefined;
}

/** The instant whose UTC fields read what a clock in the zone shows. An unknown zone is UTC. */
function inZone(atMs: number, zone: string): Date {
  if (zone === 'UTC') return new Date(atMs);
  try {
    const shown = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(atMs);
    const offset = /GMT([+-])(\d{2}):(\d{2})/.exec(shown.find((part) => part.type === 'timeZoneName')?.value ?? '');
    if (offset === null) return new Date(atMs);
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return new Date(atMs + (offset[1] === '-' ? -minutes : minutes) * 60_000);
  } catch {
    return new Date(atMs);
  }
}

function datePart(date: Date, { code, bare }: { code: string; bare: boolean }): string | undefined {
  const padded = (value: number) => (bare ? String(value) : String(value).padStart(2, '0'));
  if (Object.hasOwn(PARTS, code))
    return new Intl.DateTimeFormat('en', { ...PARTS[code], timeZone: 'UTC' }).format(date);
  const hour = date.getUTCHours();
  switch (code) {
    case 'd':
      return padded(date.getUTCDate());
    case 'e':
      return String(date.getUTCDate());
    case 'm':
      return padded(date.getUTCMonth() + 1);
    case 'Y':
      return String(date.getUTCFullYear());
    case 'y':
      return padded(date.getUTCFullYear() % 100);
    case 'H':
      return padded(hour);
    case 'I':
      return padded(hour % 12 === 0 ? 12 : hour % 12);
    case 'M':
      return padded(date.getUTCMinutes());
    case 'S':
      return padded(date.getUTCSeconds());
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'j':
      return String(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1).padStart(
        bare ? 0 : 3,
        '0',
      );
    case '%':
      return '%';
    default:
      return undefined;
  }
}
