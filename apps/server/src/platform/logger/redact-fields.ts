import { redactError } from './redact-error.ts';
import { redactText } from './redact-text.ts';

const MASK = '[redacted]';
const DEPTH_MAX = 6;
const ITEMS_MAX = 50;
const TEXT_CHARS_MAX = 8_192;

/** Names under which personal values, content or secrets travel; compared without case, "_" and "-". */
const DANGEROUS_NAMES = new Set(
  `address addresses anonymousid apikey authorization avatar birthdate birthday body city company cookie cookies
   dateofbirth detail displayname email emails firstname from fullname gender givenname headers hint html iban identifier
   identifiers ip key lastname line lines mail member mobile name names nodes params parameters passphrase passwd password
   payload personal phone phones postalcode properties query raw recipient recipients row rows sealed secret sender
   setcookie street subjectline surname tel telephone text title to token traits useragent userid username value values
   variables where writekey zip`.split(/\s+/),
);
const DANGEROUS_END = /(?:password|secret|token|apikey|writekey|email|phone|cookie|credentials|signature|otp)$/;

/** Whether what stands under this name never belongs in a log. */
export function isDangerousName(name: string): boolean {
  const plain = name.replaceAll(/[_\s-]/g, '').toLowerCase();
  return DANGEROUS_NAMES.has(plain) || DANGEROUS_END.test(plain);
}

/** Fields as they may be written: plain JSON, without anything personal or secret. Pure. */
export function redactFields(fields: object): Record<string, unknown> {
  return redactObject(fields, { depth: 0, above: [] });
}

interface Place {
  readonly depth: number;
  /** What this lies in, so that a ring ends. */
  readonly above: readonly object[];
}

function redactObject(given: object, place: Place): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given).slice(0, ITEMS_MAX)) {
    if (value === undefined || typeof value === 'function') continue;
    clean[redactText(name)] = isDangerousName(name) && !isHarmless(value) ? MASK : redactValue(value, place);
  }
  return clean;
}

/** Nothing, or a yes or no, gives nobody away. */
const isHarmless = (value: unknown): boolean => value === null || typeof value === 'boolean';

function redactValue(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return redactText(value.slice(0, TEXT_CHARS_MAX));
  if (typeof value === 'bigint' || typeof value === 'symbol') return redactText(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (place.depth >= DEPTH_MAX || place.above.includes(value)) return '[deeper]';
  const inside: Place = { depth: place.depth + 1, above: [...place.above, value] };
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redactValue(item, inside));
  return redactObject(value, inside);
}
