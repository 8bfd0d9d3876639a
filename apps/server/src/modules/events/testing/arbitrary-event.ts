import fc from 'fast-check';
import type { Json } from '../../../platform/json.ts';

const nested = (levels: number, open: string, close: string): Json =>
  JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`) as Json;
const keys = (count: number, length: number): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}`.padEnd(length, 'k'), n]));

/** Values that have broken somebody's intake before. */
const hostileValue: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null,
  true,
  '',
  ' ',
  0,
  -0,
  -1,
  1e308,
  5e-324,
  2 ** 53,
  '\0',
  'a\0b',
  '\ud800',
  '\udc00x',
  '😀',
  '\\u0000',
  '\\',
  '"',
  '\u2028',
  '[object Object]',
  'null',
  'undefined',
  "'; drop table log_block; --",
  '{{ 7 | times: 7 }}',
  [],
  {},
  [[]],
  [null],
  'x'.repeat(33_000),
  'é'.repeat(20_000),
  '\0'.repeat(6_000),
  nested(31, '[', ']'),
  nested(33, '[', ']'),
  nested(5_000, '{"a":', '}'),
  nested(100_000, '[', ']'),
  keys(10_000, 6),
  keys(1, 30_000),
  keys(2_000, 8),
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  JSON.parse('{"toString":null,"hasOwnProperty":1,"valueOf":"x","toJSON":{"a":1},"length":1e9}'),
  '1970-01-01T00:00:00Z',
  '2400-01-01T00:00:00Z',
  '0000-00-00',
  'not a date',
  -62_135_596_800_000,
  8.64e15,
  9e15,
);
const value = fc.oneof(hostileValue, fc.jsonValue(), fc.string({ unit: 'binary' }));

const FIELDS = [
  'type',
  'event',
  'userId',
  'anonymousId',
  'previousId',
  'groupId',
  'messageId',
  'timestamp',
  'sentAt',
  'originalTimestamp',
  'properties',
  'traits',
  'context',
  'integrations',
  'name',
  'category',
  'channel',
  'version',
  '__proto__',
  'constructor',
  '',
];
const TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'];
/** Names some stage listens to. */
const EVENTS = [
  'Product Viewed',
  'Order Completed',
  'Consent Updated',
  'Unsubscribed',
  'Email Bounced',
  'Email Complained',
  'Message Sent',
  'Segment Entered',
  'map',
];
const insides = fc.dictionary(
  fc.oneof(
    fc.string(),
    fc.constantFrom(
      'email',
      'phone',
      'name',
      'loyaltyId',
      'channel',
      'topic',
      'status',
      'device',
      'externalIds',
      'traits',
      'total',
      'products',
    ),
  ),
  value,
  { maxKeys: 5, noNullPrototype: true },
);

let serial = 0;

/** The item with a message id nobody else has, if it had one that could be taken: a generator likes to repeat itself. */
function ownId(item: unknown): unknown {
  const id = (item as { messageId?: unknown } | null)?.messageId;
  return typeof id === 'string' && id !== '' && id.length < 90
    ? Object.assign(item as object, { messageId: `${++serial}${id}` })
    : item;
}

/** As JSON: an item that may be anything, but is often enough nearly right. */
export function arbitraryItem(): fc.Arbitrary<string> {
  const sound = fc.record(
    {
      type: fc.constantFrom(...TYPES),
      event: fc.constantFrom(...EVENTS),
      userId: fc.constantFrom('fuzz-1', 'fuzz-2', 'fuzz-3'),
      groupId: fc.constant('g'),
      previousId: fc.constantFrom('before-1', 'before-2'),
      messageId: fc.uuid(),
      properties: insides,
      traits: insides,
      context: insides,
      timestamp: value,
    },
    { requiredKeys: ['type', 'event', 'userId', 'groupId', 'previousId', 'messageId'], noNullPrototype: true },
  );
  const spoilt = fc.tuple(sound, fc.constantFrom(...FIELDS), value).map(([item, field, wrong]) => {
    const copy: Record<string, unknown> = { ...item };
    Object.defineProperty(copy, field, { value: wrong, enumerable: true, configurable: true, writable: true });
    return copy;
  });
  return fc
    .oneof({ weight: 4, arbitrary: sound }, { weight: 5, arbitrary: spoilt }, { weight: 1, arbitrary: value })
    .map((item) => writeJson(ownId(item)));
}

/** JSON without the depth limit of `JSON.stringify`; `__proto__` is an own field like any other. */
function writeJson(whole: unknown): string {
  const out: string[] = [];
  const rest: (() => void)[] = [];
  const write = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return void out.push(JSON.stringify(part) ?? 'null');
    const isList = Array.isArray(part);
    const entries = Object.keys(part).map((key) => [key, (part as Record<string, unknown>)[key]] as const);
    out.push(isList ? '[' : '{');
    rest.push(() => out.push(isList ? ']' : '}'));
    for (let i = entries.length - 1; i >= 0; i--) {
      const [key, inner] = entries[i]!;
      rest.push(() => {
        if (i > 0) out.push(',');
        if (!isList) out.push(JSON.stringify(key), ':');
        write(inner);
      });
    }
  };
  write(whole);
  while (rest.length > 0) rest.pop()!();
  return out.join('');
}
