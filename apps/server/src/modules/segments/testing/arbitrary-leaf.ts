import type { EventFilter, EventLeaf, SegmentRule, SequenceLeaf, TraitLeaf, ValueCondition } from '@segue/contract';
import fc from 'fast-check';

import { filters as plainFilters, EPOCH_MS, GRID_MS } from './arbitrary-rule.ts';

/** Texts on which case folding and regular expressions of two engines could differ. */
export const AWKWARD_TEXTS = [
  '',
  'pro',
  'Pro',
  'PROFI',
  'o',
  'Straße',
  'STRASSE',
  'İstanbul',
  'istanbul',
  'ΣΑΣ',
  'K',
  '🛒 cart',
  'a\nb',
  'a/b "c" \\',
  '42',
  '007',
  'x\u2028y',
  'é',
] as const;

const text = fc.constantFrom<string>(...AWKWARD_TEXTS.filter((one) => one !== ''));
const property = fc.constantFrom<string>('plan', 'gift note', 'größe', 'total');

/** Patterns of the syntax that both readers of RE2 share, put together at random. */
export const arbitraryPattern: fc.Arbitrary<string> = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'pattern' },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'p',
        'pr',
        'o',
        'a.b',
        '.',
        '^',
        '$',
        '[a-p]',
        '[^o]',
        '\\d',
        '\\w',
        '\\s',
        '\\.',
        '42',
        'ß',
        '🛒',
        '\\b',
      ),
    },
    { weight: 2, arbitrary: fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`) },
    { weight: 1, arbitrary: fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{1,2}', '*?'))
        .map(([a, many]) => `(${a})${many}`),
    },
  ),
})).pattern;

const ignoreCase = fc.constantFrom<{ ignoreCase?: true }>({}, { ignoreCase: true });
const wider: fc.Arbitrary<ValueCondition> = fc
  .oneof(
    fc.record({ op: fc.constantFrom('contains', 'notContains', 'startsWith', 'endsWith'), value: text }),
    fc.record({ op: fc.constantFrom('equals', 'notEquals', 'includes'), value: text }),
    fc.record({ op: fc.constantFrom('in', 'notIn'), value: fc.array(text, { minLength: 1, maxLength: 3 }) }),
    fc.record({ op: fc.constant('matches'), value: arbitraryPattern }),
    fc.record({ op: fc.constantFrom('exists', 'missing') }),
    fc.record({ op: fc.constantFrom('atLeast', 'lessThan'), value: fc.constantFrom(0, 1, 42, 50) }),
  )
  .chain((condition) =>
    ignoreCase.map(
      (option) =>
        ({
          ...('value' in condition && typeof condition.value !== 'number' ? option : {}),
          ...condition,
        }) as ValueCondition,
    ),
  );

const some: fc.Arbitrary<EventFilter> = fc
  .array(
    fc
      .tuple(fc.constantFrom('category', 'price'), wider)
      .map(([where, condition]) => ({ property: where, ...condition })),
    { minLength: 1, maxLength: 2 },
  )
  .map((where) => ({ property: 'products', op: 'some', where }));

const filter: fc.Arbitrary<EventFilter> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(property, wider).map(([where, condition]) => ({ property: where, ...condition })) },
  { weight: 1, arbitrary: some },
);
const where = fc.oneof(
  { weight: 5, arbitrary: fc.constant<EventFilter[]>([]) },
  { weight: 1, arbitrary: plainFilters },
  { weight: 3, arbitrary: fc.array(filter, { minLength: 1, maxLength: 2 }) },
);

const at = fc.record(
  {
    days: fc
      .subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, { minLength: 1 })
      .map((days) => [...days]),
    hours: fc
      .tuple(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 24 }))
      .map(([from, until]) => ({ from, until })),
    zone: fc.constantFrom('workspace' as const, 'customer' as const),
  },
  { requiredKeys: ['hours'] },
);

const match = fc.record(
  {
    event: fc.constantFrom<EventLeaf['event']>('Order', 'Order', 'Gr.*', { type: 'page' }, { type: 'track' }),
    where,
    at,
  },
  { requiredKeys: ['event', 'where'] },
);
const seconds = fc.integer({ min: 1, max: 8 }).map((n) => ({ seconds: n }));
const instant = fc.integer({ min: 0, max: 40 }).map((step) => new Date(EPOCH_MS + step * GRID_MS).toISOString());
const period = fc.oneof(
  fc.constant({}),
  fc.record({ within: seconds }),
  fc.record({ during: fc.constantFrom('today' as const, 'yesterday' as const, 'thisMonth' as const) }),
  fc.record({ after: instant }),
  fc.record({ before: instant }),
);

const counted = fc
  .tuple(fc.constantFrom('atLeast', 'atMost', 'exactly', 'moreThan', 'lessThan'), fc.integer({ min: 1, max: 5 }))
  .map(([comparison, n]) => ({ count: { [comparison]: n } }));
const aggregated = fc
  .tuple(
    fc.constantFrom('sum', 'average', 'min', 'max', 'distinct'),
    property,
    fc.constantFrom('atLeast', 'lessThan', 'equals', 'moreThan', 'atMost'),
    fc.constantFrom(0, 1, 2, 42, 84, 0.3, 0.1, 50),
  )
  .map(([of, name, op, value]) => ({ aggregate: { function: of, property: name, op, value } }));
const picked = fc.record(
  { pick: fc.constantFrom('last', 'first'), having: fc.array(filter, { minLength: 1, maxLength: 2 }) },
  { requiredKeys: ['pick'] },
);

/** A leaf about events: how often, what together, or what the last was like. */
export const arbitraryWiderLeaf = fc
  .tuple(match, period, fc.oneof(fc.constant({}), counted, aggregated, aggregated, aggregated, picked))
  .map((parts) => Object.assign({}, ...parts) as EventLeaf);

export const arbitrarySequence: fc.Arbitrary<SequenceLeaf> = fc
  .tuple(
    fc.array(fc.tuple(match, fc.record({ within: seconds, without: match }, { requiredKeys: [] })), {
      minLength: 2,
      maxLength: 3,
    }),
    period,
  )
  .map(([steps, when]) => ({
    sequence: steps.map(([step, limits], index) => ({ ...step, ...(index === 0 ? {} : limits) })),
    ...when,
  }));

export const arbitraryHeld: fc.Arbitrary<TraitLeaf> = fc
  .tuple(property, fc.constantFrom<string | number | boolean>('pro', '42', 42, true, ''), seconds, fc.boolean())
  .map(([trait, value, time, isAtLeast]) => ({
    trait,
    op: 'held',
    value,
    for: isAtLeast ? { atLeast: time } : { lessThan: time },
  }));

/** Rules of one leaf of every kind. */
export const arbitraryLeafRule: fc.Arbitrary<SegmentRule> = fc.oneof(
  { weight: 5, arbitrary: arbitraryWiderLeaf },
  { weight: 1, arbitrary: arbitrarySequence },
  { weight: 1, arbitrary: arbitraryHeld },
);

const saidTrait: fc.Arbitrary<SegmentRule> = fc
  .tuple(property, wider)
  .map(([trait, condition]) => ({ trait, ...condition }) as TraitLeaf);
const lots: fc.Arbitrary<SegmentRule> = fc
  .record({ salt: fc.constantFrom('a', 'grün'), from: fc.constantFrom(0, 12.5), below: fc.constantFrom(50, 100) })
  .map((bucket) => ({ bucket }));

/** Rules of several leaves that history can answer whole, mostly. */
export const arbitraryHistoryRule: fc.Arbitrary<SegmentRule> = fc.letrec<{ rule: SegmentRule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'history rule' },
    { weight: 5, arbitrary: arbitraryWiderLeaf },
    { weight: 2, arbitrary: arbitrarySequence },
    { weight: 2, arbitrary: saidTrait },
    { weight: 1, arbitrary: lots },
    { weight: 1, arbitrary: fc.constant({ everyone: true as const }) },
    { weight: 4, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })) },
    { weight: 4, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })) },
    { weight: 2, arbitrary: tie('rule').map((not) => ({ not })) },
  ),
})).rule;
