import type { EventFilter } from '@segue/contract';
import fc from 'fast-check';

import type { Json } from '../../../platform/json.ts';

/** Values on which engines like to disagree. */
export const awkwardScalar = fc.constantFrom<string | number | boolean>(
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
  ],
  ...[
    'true',
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
    'ΣΑΣ',
    'σας',
  ],
  ...['9007199254740993', '2026-11-22', 'KELVIN \u212A'],
  ...[0, -0, 1, 42, 0.1, 0.5, -1.5, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, 2 ** 63, 16, 1000, 1e12],
  ...[true, false],
);

const filled = awkwardScalar.filter((value) => typeof value === 'string' && value !== '').map(String);
const anyNumber = fc.constantFrom(0, -0, 1, 42, 0.1, 0.5, -1.5, 1e21, 5e-324, 2 ** 53, 41.999, 1000);
const pattern = fc.constantFrom(
  '^pro',
  'p.o',
  'a.b',
  '^[0-9]+$',
  'str(asse|aße)',
  '\\d{2,}',
  '(?i)PRO',
  '[^a-z]',
  'o$',
  '^$',
  'k',
);

const KEYS = ['plan', 'gift note', 'größe', '__proto__', 'toString', 'length', '0', 'a.b'] as const;
const key = fc.constantFrom<string>(...KEYS.slice(0, 3), ...KEYS);

/** Values of JSON as events have them; `iso` and `ms`: instants as text and number. */
function awkwardJson(iso: fc.Arbitrary<string>, ms: fc.Arbitrary<number>): fc.Arbitrary<Json> {
  return fc.oneof(
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
        ms,
        iso.map((text) => text.slice(0, 10)),
      ),
    },
  );
}

/** Objects up to two deep, as they come off the wire: every key is the object's own, whatever it is called. */
export function awkwardObject(
  iso: fc.Arbitrary<string>,
  ms: fc.Arbitrary<number>,
): fc.Arbitrary<{ [key: string]: Json }> {
  const json = awkwardJson(iso, ms);
  const inner = fc.array(fc.tuple(key, json), { maxLength: 2 }).map(ownObject);
  const product = fc.array(fc.tuple(fc.constantFrom('plan', 'größe'), awkwardScalar), { maxLength: 2 }).map(ownObject);
  const value = fc.oneof(
    { weight: 8, arbitrary: json },
    { weight: 2, arbitrary: inner },
    { weight: 1, arbitrary: fc.array(product, { maxLength: 3 }) },
  );
  return fc.array(fc.tuple(key, value), { maxLength: 3 }).map(ownObject);
}

export function ownObject(entries: readonly (readonly [string, Json])[]): { [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  for (const [name, value] of entries)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

export const path = fc.oneof(
  { weight: 5, arbitrary: key.map((name) => (name.includes('.') ? [name] : name)) },
  { weight: 1, arbitrary: fc.array(key, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom('a.b', 'plan.plan') },
);

const ignoreCase = fc.option(fc.constant({ ignoreCase: true }), { nil: {} });

/** Conditions on one value, as objects without the key that says where it lies. */
export function timelessOn(iso: fc.Arbitrary<string>): fc.Arbitrary<object> {
  const cased = (condition: fc.Arbitrary<object>) =>
    fc.tuple(condition, ignoreCase).map(([words, also]) => ({ ...words, ...also }));
  return fc.oneof(
    cased(fc.record({ op: fc.constantFrom('equals', 'notEquals', 'includes'), value: awkwardScalar })),
    cased(fc.record({ op: fc.constantFrom('contains', 'notContains', 'startsWith', 'endsWith'), value: filled })),
    cased(fc.record({ op: fc.constant('matches'), value: pattern })),
    fc.record({ op: fc.constantFrom('exists', 'missing') }),
    fc.record({ op: fc.constantFrom('atLeast', 'atMost', 'moreThan', 'lessThan'), value: anyNumber }),
    fc.record({
      op: fc.constant('between'),
      value: fc.tuple(anyNumber, anyNumber).map(([a, b]) => (a < b ? [a, b] : [b, a])),
    }),
    cased(
      fc.record({ op: fc.constantFrom('in', 'notIn'), value: fc.array(awkwardScalar, { minLength: 1, maxLength: 4 }) }),
    ),
    fc.record({ op: fc.constantFrom('before', 'after'), value: iso }),
  );
}

export function filterOn(iso: fc.Arbitrary<string>): fc.Arbitrary<EventFilter> {
  const one = fc.tuple(path, timelessOn(iso)).map(([property, condition]) => ({ property, ...condition }));
  const some = fc.record({
    property: path,
    op: fc.constant('some'),
    where: fc.array(
      fc
        .tuple(fc.constantFrom('plan', 'größe'), timelessOn(iso))
        .map(([property, condition]) => ({ property, ...condition })),
      { minLength: 1, maxLength: 2 },
    ),
  });
  return fc.oneof({ weight: 7, arbitrary: one }, { weight: 1, arbitrary: some }) as fc.Arbitrary<EventFilter>;
}
