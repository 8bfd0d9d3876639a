import type {
  ComputedTraitRule,
  EventFilter,
  EventLeaf,
  Period,
  SegmentRule,
  SequenceLeaf,
  TraitLeaf,
} from '@segue/contract';
import fc from 'fast-check';

import type { Json } from '../../../platform/json.ts';
import { awkwardObject, awkwardScalar, filterOn, path, timelessOn } from './arbitrary-values.ts';
import type { OracleEvent, OracleWorld } from './naive-oracle.ts';
import { FINE, instantOn, type Scale, ZONES } from './scale.ts';

export { EPOCH_MS, GRID_MS } from './scale.ts';

const NAMES = ['Order', 'Order', 'Order', 'Größe 🛒', 'order', 'cart.add', 'cart.item.drop'] as const;

const selector = fc.constantFrom<EventLeaf['event']>(
  'Order',
  'Order',
  'Größe 🛒',
  'cart.*',
  'cart.item.*',
  { type: 'page' },
  { type: 'page', name: 'Order' },
  { type: 'track' },
);
const count = fc
  .tuple(fc.constantFrom('atLeast', 'atMost', 'exactly', 'moreThan', 'lessThan'), fc.integer({ min: 0, max: 5 }))
  .map(([comparison, n]) => ({
    [comparison]: comparison === 'atLeast' || comparison === 'lessThan' ? Math.max(1, n) : n,
  }));

const zone = fc.constantFrom<{ zone?: 'workspace' | 'customer' }>({}, { zone: 'workspace' }, { zone: 'customer' });

const calendarWord = fc.constantFrom<NonNullable<Period['during']>>(
  'today',
  'today',
  'yesterday',
  'thisWeek',
  'lastWeek',
  'thisMonth',
  'lastMonth',
  'thisYear',
  'lastYear',
);

const at = fc
  .tuple(
    fc.record(
      {
        days: fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], { minLength: 1 }),
        hours: fc
          .record({ from: fc.integer({ min: 0, max: 23 }), until: fc.integer({ min: 0, max: 24 }) })
          .filter(({ from, until }) => from !== until),
      },
      { requiredKeys: [] },
    ),
    zone,
  )
  .filter(([when]) => Object.keys(when).length > 0)
  .map(([when, whose]) => ({ at: { ...when, ...whose } }));

/** Most leaves ask neither clock nor calendar. */
function seldom<Value extends object>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | object> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary });
}

function isOrdered({ after, before }: { after?: string; before?: string }): boolean {
  return after === undefined || before === undefined || after < before;
}

const COMPUTED_NAMES = ['orders', 'spent'] as const;
/** Of the last one nothing is known. */
const SEGMENTS = ['1', '2', '3'].map((digit) => `seg_${digit.repeat(32)}`) as [string, string, string];

/** Numbers whose sums and averages meet each other, and edges of what counts as a number. */
const total = fc.constantFrom(0, 0.1, 0.2, 0.3, 0.3, 1, 2, 10, 42, 42, -1.5, 84, 1e12);
const totals = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 5,
    arbitrary: fc.record({ total: fc.oneof(total, fc.constantFrom<Json>('10', '0.1', 1e12 + 1, 4e-7, 'x')) }),
  },
);
/** What is put together, mostly numbers. */
const summed = fc.oneof({ weight: 5, arbitrary: fc.constant('total') }, { weight: 2, arbitrary: path });

/** Every node that needs no outside world, on a scale of time. */
class Arbitraries {
  readonly ms: fc.Arbitrary<number>;
  readonly iso: fc.Arbitrary<string>;
  readonly span: fc.Arbitrary<object>;
  readonly filters: fc.Arbitrary<EventFilter[]>;

  constructor(scale: Scale) {
    this.ms = instantOn(scale);
    this.iso = this.ms.map((ms) => new Date(ms).toISOString());
    this.span = fc.integer({ min: 1, max: 6 }).map((n) => scale.span(n));
    this.filters = fc.array(filterOn(this.iso), { minLength: 1, maxLength: 2 });
  }

  period(): fc.Arbitrary<Period> {
    const relative = fc.record({ within: this.span });
    const calendar = fc.tuple(calendarWord, zone).map(([during, whose]) => ({ during, ...whose }));
    const absolute = fc.record({ after: this.iso, before: this.iso }, { requiredKeys: [] });
    const window = fc.oneof(
      { weight: 3, arbitrary: relative },
      { weight: 2, arbitrary: calendar },
      { weight: 2, arbitrary: fc.constant({}) },
    );
    return fc
      .tuple(window, seldom(absolute))
      .map((parts) => Object.assign({}, ...parts) as Period)
      .filter(isOrdered as (period: Period) => boolean);
  }

  /** Events, seldom with filters. */
  match(): fc.Arbitrary<object> {
    const where = seldom(fc.record({ where: this.filters }));
    return fc
      .tuple(fc.record({ event: selector }), where, seldom(at))
      .map((parts) => Object.assign({}, ...parts) as object);
  }

  eventLeaf(): fc.Arbitrary<EventLeaf> {
    const aggregate = fc
      .tuple(
        fc.constantFrom('sum', 'average', 'min', 'max', 'distinct'),
        summed,
        fc.oneof(
          fc.record({ op: fc.constantFrom('atLeast', 'atMost', 'moreThan', 'lessThan', 'equals'), value: total }),
          fc.record({
            op: fc.constant('between'),
            value: fc.constantFrom([0, 1], [-1.5, 42], [41.999, 1000], [0.2, 0.3]),
          }),
        ),
      )
      .map(([kind, property, condition]) => ({ function: kind, property, ...condition }))
      .filter(({ function: kind, op, value }) => kind !== 'distinct' || isDistinctNumber(op, value));
    const asked = fc.oneof(
      { weight: 4, arbitrary: fc.record({ count }, { requiredKeys: [] }) },
      { weight: 3, arbitrary: fc.record({ aggregate }) },
      {
        weight: 2,
        arbitrary: fc.record(
          { pick: fc.constantFrom('last', 'first'), having: this.filters },
          { requiredKeys: ['pick'] },
        ),
      },
    );
    return fc.tuple(this.match(), this.period(), asked).map((parts) => Object.assign({}, ...parts) as EventLeaf);
  }

  sequenceLeaf(): fc.Arbitrary<SequenceLeaf> {
    const later = fc
      .tuple(
        this.match(),
        seldom(fc.record({ within: this.span })),
        fc.oneof(fc.constant({}), fc.record({ without: this.match() })),
      )
      .map((parts) => Object.assign({}, ...parts) as object);
    return fc
      .tuple(this.match(), fc.array(later, { minLength: 1, maxLength: 2 }), this.period())
      .map(([first, rest, period]) => ({ sequence: [first, ...rest], ...period }) as SequenceLeaf);
  }

  valueCondition(): fc.Arbitrary<object> {
    const relative = fc.record({ op: fc.constantFrom('withinLast', 'notWithinLast', 'withinNext'), value: this.span });
    const anniversary = fc
      .tuple(fc.constantFrom(0, 0, 1, 3, 40, 366), zone)
      .map(([days, whose]) => ({ op: 'anniversaryWithin', value: { days }, ...whose }));
    return fc.oneof(
      { weight: 4, arbitrary: timelessOn(this.iso) },
      { weight: 2, arbitrary: relative },
      { weight: 1, arbitrary: anniversary },
    );
  }

  traitLeaf(): fc.Arbitrary<TraitLeaf> {
    const held = fc
      .tuple(fc.constantFrom('atLeast', 'lessThan'), this.span, awkwardScalar)
      .map(([how, span, value]) => ({ op: 'held', value, for: { [how]: span } }));
    const compared = fc.record({ op: fc.constantFrom('atLeast', 'atMost', 'equals', 'notEquals'), value: total });
    const computed = fc.tuple(fc.constantFrom(...COMPUTED_NAMES), fc.oneof(compared, this.valueCondition()));
    return fc
      .oneof(
        { weight: 2, arbitrary: fc.tuple(path, this.valueCondition()) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('seen'), this.valueCondition()) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('plan'), held) },
        { weight: 2, arbitrary: computed },
      )
      .map(([trait, condition]) => ({ trait, ...condition }) as TraitLeaf);
  }

  rule(): fc.Arbitrary<SegmentRule> {
    const others = fc.constantFrom<SegmentRule>(
      { everyone: true },
      { segment: SEGMENTS[0] },
      { segment: SEGMENTS[1] },
      { segment: SEGMENTS[2] },
      { bucket: { salt: 'spring', from: 0, below: 50 } },
      { bucket: { salt: 'autumn', from: 12.34, below: 100 } },
    );
    return fc.letrec<{ rule: SegmentRule }>((tie) => ({
      rule: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'rule' },
        { weight: 5, arbitrary: this.eventLeaf() },
        { weight: 2, arbitrary: this.sequenceLeaf() },
        { weight: 2, arbitrary: this.traitLeaf() },
        { weight: 1, arbitrary: others },
        { weight: 2, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })) },
        { weight: 2, arbitrary: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })) },
        { weight: 1, arbitrary: tie('rule').map((not) => ({ not })) },
      ),
    })).rule;
  }

  computedRule(): fc.Arbitrary<ComputedTraitRule> {
    const asked = fc.oneof(
      fc.record({ function: fc.constantFrom('count', 'daysSince') }),
      fc.record({
        function: fc.constantFrom('sum', 'average', 'min', 'max', 'distinct', 'first', 'last', 'mostFrequent'),
        property: summed,
      }),
    );
    return fc
      .tuple(this.match(), this.period(), asked)
      .map((parts) => Object.assign({}, ...parts) as ComputedTraitRule);
  }

  /** What a rule is read with: computed traits by the names that rules ask, two segments, two zones. */
  world(): fc.Arbitrary<OracleWorld> {
    return fc.record({
      zone: fc.constantFrom(...ZONES),
      customerZone: fc.constantFrom(...ZONES),
      profileId: fc.constantFrom('018f6b6e-0000-7000-8000-000000000001', '018f6b6e-0000-7000-8000-000000000002'),
      segments: fc.record({
        [SEGMENTS[0]]: this.eventLeaf(),
        [SEGMENTS[1]]: this.sequenceLeaf().map((not) => ({ not })),
      }) as fc.Arbitrary<OracleWorld['segments']>,
      computed: fc.record(Object.fromEntries(COMPUTED_NAMES.map((name) => [name, this.computedRule()]))),
    });
  }

  event(): fc.Arbitrary<OracleEvent> {
    const object = awkwardObject(this.iso, this.ms);
    const said = fc.record({ plan: fc.oneof(fc.constantFrom('pro', 'Pro', 42, '42', true), awkwardScalar) });
    const context = fc.constantFrom(...ZONES, 'Mars/Olympus', '', '+02:00').map((timezone) => ({ timezone }));
    const happened = fc.record({
      type: fc.constantFrom('track', 'track', 'track', 'track', 'page', 'screen'),
      name: fc.constantFrom(...NAMES),
      occurredAt: this.ms,
      payload: fc.record(
        { properties: fc.tuple(object, totals).map(([own, more]) => Object.assign(own, more)), context },
        { requiredKeys: ['properties'] },
      ),
    });
    const identified = fc.record({
      type: fc.constant('identify'),
      name: fc.constant(''),
      occurredAt: this.ms,
      payload: fc.record({ properties: fc.constant({}), traits: said }),
    });
    return fc.oneof(
      { weight: 6, arbitrary: happened },
      { weight: 1, arbitrary: identified },
    ) as fc.Arbitrary<OracleEvent>;
  }

  /** Traits with, often, a date that time can pass, or a birthday. */
  traits(): fc.Arbitrary<{ [key: string]: Json }> {
    const birthday = fc.constantFrom(
      '1992-02-29',
      '1990-10-25',
      '1984-10-31',
      '2001-01-01',
      '1999-10-22T23:30:00.000Z',
    );
    const seen = fc.option(fc.oneof(this.iso, this.ms, birthday), { nil: null });
    return fc
      .tuple(awkwardObject(this.iso, this.ms), seen)
      .map(([traits, date]) => Object.assign(traits, { seen: date }));
  }
}

function isDistinctNumber(op: string, value: number | readonly number[]): boolean {
  const most = [value].flat().at(-1)!;
  return most >= 0 && most <= 1024 && !(most === 0 && op === 'lessThan');
}

export function arbitrariesOn(scale: Scale): Arbitraries {
  return new Arbitraries(scale);
}

const fine = new Arbitraries(FINE);

/** Filters that meet the values that events have, one or two at a time. */
export const filters = fine.filters;

/** On the half-second scale; `arbitrariesOn(COARSE)` has days and zones. */
export const arbitraryRule = fine.rule();
export const arbitraryEvent = fine.event();
export const arbitraryTraits = fine.traits();
