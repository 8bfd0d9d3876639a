import type { EventFilter, EventLeaf, SegmentRule, TraitLeaf } from '@segue/contract';
import fc from 'fast-check';

import type { Json } from '../../../platform/json.ts';
import type { OracleEvent } from './naive-oracle.ts';

/** Every generated instant lies on a half-second grid after this one, so that edges of windows are met exactly. */
export const EPOCH_MS = Date.UTC(2026, 10, 22);
export const GRID_MS = 500;

const gridMs = fc.integer({ min: 0, max: 40 }).map((step) => EPOCH_MS + step * GRID_MS);
const iso = gridMs.map((ms) => new Date(ms).toISOString());

/** Values on which engines like to disagree. */
const awkwardScalar = fc.constantFrom<string | number | boolean>(
  ...[
    '',
    'pro',
    'Pro',
    'profi',
    'o',
    'Straße',
    'İstanbul',
    'é',
    'e\u0301',
    '🛒',
    '🛒 cart',
    'a\nb',
    'it\'s \\ "x"',
    'NaN',
    'null',
    'true',
  ],
  ...[
    '42',
    '042',
    '+42',
    '42.0',
    '-0',
    '.5',
    '5.',
    '0.1',
    '1e3',
    ' 42',
    '42 ',
    '1,5',
    '0x10',
    '٤٢',
    '9007199254740993',
    '2026-11-22',
  ],
  ...[0, -0, 1, 42, 0.1, 0.5, -1.5, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, 2 ** 63, 16, 1000],
  ...[true, false],
);

const filled = awkwardScalar.filter((value) => typeof value === 'string' && value !== '').map(String);
const anyNumber = fc.constantFrom(0, -0, 1, 42, 0.1, 0.5, -1.5, 1e21, 5e-324, 2 ** 53, 41.999, 1000);

const awkwardJson: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: awkwardScalar },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Json>(null, [], {}, [[42]], 'nul\u0000nul', '\ud800', 123456789012345680000, [null]),
  },
  { weight: 1, arbitrary: fc.array(awkwardScalar, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      iso,
      gridMs,
      iso.map((text) => text.slice(0, 10)),
    ),
  },
);

const KEYS = ['plan', 'gift note', 'größe', '__proto__', 'toString', 'length', '0', 'a.b'] as const;
const key = fc.constantFrom<string>(...KEYS.slice(0, 3), ...KEYS);

/** Objects up to two deep, as they come off the wire: every key is the object's own, whatever it is called. */
const awkwardObject: fc.Arbitrary<{ [key: string]: Json }> = fc
  .array(
    fc.tuple(
      key,
      fc.oneof(
        { weight: 4, arbitrary: awkwardJson },
        { weight: 1, arbitrary: fc.array(fc.tuple(key, awkwardJson), { maxLength: 2 }).map(ownObject) },
      ),
    ),
    { maxLength: 3 },
  )
  .map(ownObject);

function ownObject(entries: readonly (readonly [string, Json])[]): { [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  for (const [name, value] of entries)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

const path = fc.oneof(
  { weight: 5, arbitrary: key.map((name) => (name.includes('.') ? [name] : name)) },
  { weight: 1, arbitrary: fc.array(key, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom('a.b', 'plan.plan') },
);

const timeless: fc.Arbitrary<object> = fc.oneof(
  fc.record({ op: fc.constantFrom('equals', 'notEquals', 'includes'), value: awkwardScalar }),
  fc.record({ op: fc.constantFrom('contains', 'startsWith', 'endsWith'), value: filled }),
  fc.record({ op: fc.constantFrom('exists', 'missing') }),
  fc.record({ op: fc.constantFrom('atLeast', 'atMost', 'moreThan', 'lessThan'), value: anyNumber }),
  fc.record({
    op: fc.constant('between'),
    value: fc.tuple(anyNumber, anyNumber).map(([a, b]) => (a < b ? [a, b] : [b, a])),
  }),
  fc.record({ op: fc.constantFrom('in', 'notIn'), value: fc.array(awkwardScalar, { minLength: 1, maxLength: 4 }) }),
  fc.record({ op: fc.constantFrom('before', 'after'), value: iso }),
);

const seconds = fc.integer({ min: 1, max: 6 }).map((n) => ({ seconds: n }));
const relative = fc.record({ op: fc.constantFrom('withinLast', 'notWithinLast', 'withinNext'), value: seconds });

const traitLeaf = fc
  .oneof(fc.tuple(path, timeless), fc.tuple(fc.constant('seen'), relative), fc.tuple(path, relative))
  .map(([trait, condition]) => ({ trait, ...condition }) as TraitLeaf);

const filter = fc.tuple(path, timeless).map(([property, condition]) => ({ property, ...condition }) as EventFilter);

const selector = fc.constantFrom<EventLeaf['event']>(
  'Order',
  'Order',
  'Größe 🛒',
  { type: 'page' },
  { type: 'page', name: 'Order' },
  { type: 'track' },
);
const count = fc
  .tuple(fc.constantFrom('atLeast', 'atMost', 'exactly', 'moreThan', 'lessThan'), fc.integer({ min: 0, max: 5 }))
  .map(([comparison, n]) => ({
    [comparison]: comparison === 'atLeast' || comparison === 'lessThan' ? Math.max(1, n) : n,
  }));

export function arbitraryEventLeaf(where: fc.Arbitrary<EventFilter[]>): fc.Arbitrary<EventLeaf> {
  const usual = fc.record({ event: selector, where, count, within: seconds }, { requiredKeys: ['event', 'where'] });
  const bounded = fc.record(
    { event: selector, where, count, within: seconds, after: iso, before: iso },
    { requiredKeys: ['event'] },
  );
  return fc
    .oneof(
      { weight: 3, arbitrary: usual as fc.Arbitrary<EventLeaf> },
      { weight: 1, arbitrary: bounded as fc.Arbitrary<EventLeaf> },
    )
    .filter(({ after, before }) => after === undefined || before === undefined || after < before);
}

/** Filters that meet the values that events have, one or two at a time. */
export const filters = fc.array(filter, { minLength: 1, maxLength: 2 });

const eventLeaf = fc.oneof(
  { weight: 3, arbitrary: arbitraryEventLeaf(fc.constant([])) },
  { weight: 1, arbitrary: arbitraryEventLeaf(filters) },
);

export const arbitraryRule: fc.Arbitrary<SegmentRule> = fc.letrec<{ rule: SegmentRule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'rule' },
    { weight: 4, arbitrary: eventLeaf },
    { weight: 1, arbitrary: traitLeaf },
    { weight: 2, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })) },
    { weight: 2, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })) },
    { weight: 1, arbitrary: tie('rule').map((not) => ({ not })) },
  ),
})).rule;

export const arbitraryEvent: fc.Arbitrary<OracleEvent> = fc.record({
  type: fc.constantFrom('track', 'track', 'track', 'track', 'page', 'screen'),
  name: fc.constantFrom('Order', 'Order', 'Order', 'Größe 🛒', 'order'),
  occurredAt: gridMs,
  payload: fc.record({ properties: awkwardObject }),
});

/** Traits with, often, a date that time can pass. */
export const arbitraryTraits: fc.Arbitrary<{ [key: string]: Json }> = fc
  .tuple(awkwardObject, fc.option(fc.oneof(iso, gridMs), { nil: null }))
  .map(([traits, seen]) => Object.assign(traits, { seen }));
