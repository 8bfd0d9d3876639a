import type { SegmentRule } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import type { Happened, LanguageCase } from './language-world.ts';

/*
 * The clock begins at Sunday, 22 November 2026, 09:00 UTC: 10:00 in Berlin, where the shop is; 18:00 in Tokyo.
 */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Midnight in Berlin before the clock begins; the next one is 14 hours ahead. */
const MIDNIGHT_AGO = 10 * HOUR;
const NEXT_MIDNIGHT = 14 * HOUR;

export const AT = {
  start: 0,
  beforeHour: HOUR - 1,
  hour: HOUR,
  beforeMidnight: NEXT_MIDNIGHT - 1,
  midnight: NEXT_MIDNIGHT,
  week: 7 * DAY,
} as const;

const did = (event: string, agoMs: number, properties?: JsonObject): Happened => ({
  event,
  agoMs,
  ...(properties !== undefined && { properties }),
});
const said = (agoMs: number, traits: JsonObject): Happened => ({ type: 'identify', agoMs, traits });
const known = said(300 * DAY, {});
const at = (names: string): [[number, string]] => [[AT.start, names]];

/** What one value can be, by the name of whoever has it. */
const VALUES: Readonly<Record<string, JsonObject>> = {
  capital: { v: 'Gold' },
  small: { v: 'gold' },
  accent: { v: 'ÄGÄIS' },
  five: { v: 5 },
  fiveText: { v: '5' },
  twelve: { v: 12.5 },
  minus: { v: '-3' },
  almost: { v: '5 pieces' },
  empty: { v: '' },
  list: { v: ['a', 'b', 7] },
  yes: { v: true },
  nothing: { v: null },
  absent: { other: 1 },
  lines: { v: 'one\ntwo' },
};
const everyoneBut = (...names: string[]): string =>
  Object.keys(VALUES)
    .filter((name) => !names.includes(name))
    .sort()
    .join(' ');

type Condition = Extract<SegmentRule, { trait: unknown }>;
type WithoutTrait<C> = C extends unknown ? Omit<C, 'trait'> : never;

const ASKED: readonly (readonly [WithoutTrait<Condition>, string])[] = [
  [{ op: 'equals', value: 'Gold' }, 'capital'],
  [{ op: 'equals', value: 'GOLD', ignoreCase: true }, 'capital small'],
  [{ op: 'equals', value: 'ägäis', ignoreCase: true }, 'accent'],
  [{ op: 'equals', value: 5 }, 'five fiveText'],
  [{ op: 'equals', value: '5' }, 'five fiveText'],
  [{ op: 'equals', value: '' }, 'empty'],
  [{ op: 'equals', value: true }, 'yes'],
  [{ op: 'notEquals', value: 'Gold' }, everyoneBut('capital')],
  [{ op: 'contains', value: 'ol' }, 'capital small'],
  [{ op: 'contains', value: 'OL', ignoreCase: true }, 'capital small'],
  [{ op: 'notContains', value: 'ol' }, everyoneBut('capital', 'small')],
  [{ op: 'startsWith', value: 'G' }, 'capital'],
  [{ op: 'endsWith', value: 'ld' }, 'capital small'],
  [{ op: 'matches', value: '^[Gg]o' }, 'capital small'],
  [{ op: 'matches', value: 'GOLD', ignoreCase: true }, 'capital small'],
  [{ op: 'matches', value: 'one.two' }, 'lines'],
  [{ op: 'exists' }, everyoneBut('nothing', 'absent')],
  [{ op: 'missing' }, 'absent nothing'],
  [{ op: 'atLeast', value: 5 }, 'five fiveText twelve'],
  [{ op: 'atMost', value: 5 }, 'five fiveText minus'],
  [{ op: 'moreThan', value: 5 }, 'twelve'],
  [{ op: 'lessThan', value: 5 }, 'minus'],
  [{ op: 'between', value: [5, 12.5] }, 'five fiveText twelve'],
  [{ op: 'in', value: ['Gold', 5] }, 'capital five fiveText'],
  [{ op: 'in', value: ['GOLD', 'x'], ignoreCase: true }, 'capital small'],
  [{ op: 'notIn', value: ['Gold', 5] }, everyoneBut('capital', 'five', 'fiveText')],
  [{ op: 'includes', value: 'a' }, 'list'],
  [{ op: 'includes', value: 7 }, 'list'],
];

const values = (told: (value: JsonObject) => Happened): LanguageCase['people'] =>
  Object.fromEntries(Object.entries(VALUES).map(([name, value]) => [name, [told(value)]]));

/** Every operator and every line of what the language means. */
export const LANGUAGE_CASES: readonly LanguageCase[] = [
  {
    title: 'a value of a trait',
    people: values((value) => said(DAY, value)),
    asked: ASKED.map(([condition, names]) => [{ trait: 'v', ...condition } as SegmentRule, at(names)]),
  },
  {
    title: 'a value of a property',
    people: values((value) => did('Valued', DAY, value)),
    asked: ASKED.map(([condition, names]) => [
      { event: 'Valued', where: [{ property: 'v', ...condition }] } as SegmentRule,
      at(names),
    ]),
  },
  {
    title: 'paths',
    people: {
      nested: [said(DAY, { address_of: { town: 'Bern' } })],
      spaced: [said(DAY, { 'favourite colour': 'red' })],
      dotted: [said(DAY, { 'a.b': { c: 1 } })],
    },
    asked: [
      [{ trait: 'address_of.town', op: 'equals', value: 'Bern' }, at('nested')],
      [{ trait: 'favourite colour', op: 'equals', value: 'red' }, at('spaced')],
      [{ trait: ['a.b', 'c'], op: 'equals', value: 1 }, at('dotted')],
    ],
  },
  {
    title: 'the last word on a trait is the last by event time',
    people: { changed: [said(DAY, { plan: 'gold' }), said(2 * DAY, { plan: 'silver' })] },
    asked: [
      [{ trait: 'plan', op: 'equals', value: 'gold' }, at('changed')],
      [{ trait: 'plan', op: 'equals', value: 'silver' }, at('')],
    ],
  },
  {
    title: 'dates',
    people: {
      past: [said(DAY, { day: '2026-11-22T08:00:00Z' })],
      future: [said(DAY, { day: '2026-11-22T10:00:00Z' })],
      text: [said(DAY, { day: 'soon' })],
    },
    asked: [
      [{ trait: 'day', op: 'before', value: '2026-11-22T10:00:00Z' }, at('past')],
      [{ trait: 'day', op: 'after', value: '2026-11-22T10:00:00Z' }, at('future')],
      [
        { trait: 'day', op: 'withinLast', value: { hours: 2 } },
        [
          [AT.start, 'past'],
          [AT.beforeHour, 'past'],
          [AT.hour, 'future'],
          [AT.week, ''],
        ],
      ],
      [
        { trait: 'day', op: 'notWithinLast', value: { hours: 2 } },
        [
          [AT.start, 'future'],
          [AT.beforeHour, 'future'],
          [AT.hour, 'past'],
          [AT.week, 'future past'],
        ],
      ],
      [
        { trait: 'day', op: 'withinNext', value: { hours: 1 } },
        [
          [AT.start, 'future'],
          [AT.week, ''],
        ],
      ],
    ],
  },
  {
    title: 'a day that returns',
    people: {
      today: [said(DAY, { since: '2020-11-22' })],
      tomorrow: [said(DAY, { since: '2020-11-23' })],
      later: [said(DAY, { since: '2020-11-29' })],
      passed: [said(DAY, { since: '2020-11-21' })],
    },
    asked: [
      [
        { trait: 'since', op: 'anniversaryWithin', value: { days: 0 } },
        [
          [AT.start, 'today'],
          [AT.beforeMidnight, 'today'],
          [AT.midnight, 'tomorrow'],
          [AT.week, 'later'],
        ],
      ],
      [
        { trait: 'since', op: 'anniversaryWithin', value: { days: 7 } },
        [
          [AT.start, 'later today tomorrow'],
          [AT.midnight, 'later tomorrow'],
        ],
      ],
    ],
  },
  {
    title: 'a value held',
    people: {
      long: [said(3 * DAY, { tier: 'gold' })],
      repeated: [said(3 * DAY, { tier: 'gold' }), said(HOUR, { tier: 'gold' })],
      hence: [said(23 * HOUR, { tier: 'gold' })],
      restarted: [
        said(3 * DAY, { tier: 'gold' }),
        said(2 * DAY, { tier: 'silver' }),
        said(23 * HOUR, { tier: 'gold' }),
      ],
      lost: [said(3 * DAY, { tier: 'gold' }), said(2 * DAY, { tier: 'silver' })],
    },
    asked: [
      [
        { trait: 'tier', op: 'held', value: 'gold', for: { atLeast: { days: 1 } } },
        [
          [AT.start, 'long repeated'],
          [AT.beforeHour, 'long repeated'],
          [AT.hour, 'hence long repeated restarted'],
        ],
      ],
      [
        { trait: 'tier', op: 'held', value: 'gold', for: { lessThan: { days: 1 } } },
        [
          [AT.start, 'hence restarted'],
          [AT.beforeHour, 'hence restarted'],
          [AT.hour, ''],
        ],
      ],
    ],
  },
  {
    title: 'how often',
    people: {
      never: [known],
      once: [did('Counted', HOUR)],
      twice: [did('Counted', HOUR), did('Counted', 2 * HOUR)],
      thrice: [did('Counted', HOUR), did('Counted', 2 * HOUR), did('Counted', 3 * HOUR)],
    },
    asked: [
      [{ event: 'Counted' }, at('once thrice twice')],
      [{ event: 'Counted', count: { atLeast: 2 } }, at('thrice twice')],
      [{ event: 'Counted', count: { atMost: 1 } }, at('never once')],
      [{ event: 'Counted', count: { exactly: 2 } }, at('twice')],
      [{ event: 'Counted', count: { exactly: 0 } }, at('never')],
      [{ event: 'Counted', count: { moreThan: 2 } }, at('thrice')],
      [{ event: 'Counted', count: { lessThan: 2 } }, at('never once')],
      [{ not: { event: 'Counted' } }, at('never')],
      [{ all: [{ event: 'Counted' }, { not: { event: 'Counted', count: { atLeast: 3 } } }] }, at('once twice')],
      [
        {
          any: [
            { event: 'Counted', count: { exactly: 1 } },
            { event: 'Counted', count: { exactly: 3 } },
          ],
        },
        at('once thrice'),
      ],
    ],
  },
  {
    title: 'a window',
    people: {
      fresh: [did('Seen', HOUR)],
      leaving: [did('Seen', DAY - HOUR)],
      edge: [did('Seen', DAY)],
      inside: [did('Seen', DAY - 1)],
      both: [did('Seen', 2 * DAY), did('Seen', DAY - HOUR), did('Seen', 30 * MINUTE)],
    },
    asked: [
      [
        { event: 'Seen', within: { days: 1 } },
        [
          [AT.start, 'both fresh inside leaving'],
          [AT.beforeHour, 'both fresh leaving'],
          [AT.hour, 'both fresh'],
          [AT.week, ''],
        ],
      ],
      [
        { event: 'Seen', within: { days: 1 }, count: { exactly: 0 } },
        [
          [AT.start, 'edge'],
          [AT.beforeHour, 'edge inside'],
          [AT.hour, 'edge inside leaving'],
        ],
      ],
      [
        { event: 'Seen', within: { days: 1 }, count: { atLeast: 2 } },
        [
          [AT.start, 'both'],
          [AT.beforeHour, 'both'],
          [AT.hour, ''],
        ],
      ],
      [{ event: 'Seen', after: '2026-11-21T09:00:00.001Z' }, at('both fresh inside leaving')],
      [{ event: 'Seen', after: '2026-11-21T09:00:00Z', before: '2026-11-21T09:00:00.001Z' }, at('edge')],
      [{ event: 'Seen', before: '2026-11-21T09:00:00Z' }, at('both')],
    ],
  },
  {
    title: 'calendar words',
    people: {
      today: [did('Came', MIDNIGHT_AGO)],
      yesterday: [did('Came', MIDNIGHT_AGO + 1)],
      monday: [did('Came', MIDNIGHT_AGO + 6 * DAY)],
      lastWeek: [did('Came', MIDNIGHT_AGO + 6 * DAY + 1)],
      lastMonth: [did('Came', 30 * DAY)],
      lastYear: [did('Came', 365 * DAY)],
      // Of Tokyo, where the day began at 15:00 UTC.
      tokyo: [said(400 * DAY, { timezone: 'Asia/Tokyo' }), did('Came', 18 * HOUR)],
    },
    asked: [
      [
        { event: 'Came', during: 'today' },
        [
          [AT.start, 'today'],
          [AT.beforeMidnight, 'today'],
          [AT.midnight, ''],
        ],
      ],
      [
        { event: 'Came', during: 'yesterday' },
        [
          [AT.start, 'tokyo yesterday'],
          [AT.beforeMidnight, 'tokyo yesterday'],
          [AT.midnight, 'today'],
        ],
      ],
      [{ event: 'Came', during: 'today', zone: 'customer' }, at('today tokyo')],
      [
        { event: 'Came', during: 'thisWeek' },
        [
          [AT.start, 'monday today tokyo yesterday'],
          [AT.midnight, ''],
        ],
      ],
      [
        { event: 'Came', during: 'lastWeek' },
        [
          [AT.start, 'lastWeek'],
          [AT.midnight, 'monday today tokyo yesterday'],
        ],
      ],
      [{ event: 'Came', during: 'thisMonth' }, at('lastWeek monday today tokyo yesterday')],
      [{ event: 'Came', during: 'lastMonth' }, at('lastMonth')],
      [{ event: 'Came', during: 'thisYear' }, at('lastMonth lastWeek monday today tokyo yesterday')],
      [{ event: 'Came', during: 'lastYear' }, at('lastYear')],
    ],
  },
  {
    title: 'times on the clock',
    people: {
      // Friday, 20 November, 17:30 in Berlin.
      evening: [did('Ordered', DAY + 16 * HOUR + 30 * MINUTE)],
      // Saturday, 09:00 in Berlin, 17:00 in Tokyo, where she was.
      abroad: [{ ...did('Ordered', DAY + HOUR), context: { timezone: 'Asia/Tokyo' } }],
      night: [did('Ordered', 9 * HOUR)],
    },
    asked: [
      [{ event: 'Ordered', at: { days: ['fri'] } }, at('evening')],
      [{ event: 'Ordered', at: { hours: { from: 9, until: 17 } } }, at('abroad')],
      [{ event: 'Ordered', at: { hours: { from: 17, until: 18 } } }, at('evening')],
      [{ event: 'Ordered', at: { hours: { from: 17, until: 18 }, zone: 'customer' } }, at('abroad evening')],
      [{ event: 'Ordered', at: { hours: { from: 22, until: 6 } } }, at('night')],
      [{ event: 'Ordered', at: { days: ['sat', 'sun'], hours: { from: 0, until: 24 } } }, at('abroad night')],
    ],
  },
  {
    title: 'which events',
    people: {
      added: [did('cart.added', HOUR)],
      gone: [did('cart.removed', HOUR)],
      map: [did('cartography', HOUR)],
      pricing: [{ type: 'page', event: 'Pricing', agoMs: HOUR }],
      home: [{ type: 'page', event: 'Home', agoMs: HOUR }],
      app: [{ type: 'screen', event: 'Pricing', agoMs: HOUR }],
    },
    asked: [
      [{ event: 'cart.*' }, at('added gone')],
      [{ event: 'cart.added' }, at('added')],
      [{ event: { type: 'page' } }, at('home pricing')],
      [{ event: { type: 'page', name: 'Pricing' } }, at('pricing')],
      [{ event: { type: 'screen' } }, at('app')],
      [{ event: 'Pricing' }, at('')],
    ],
  },
  {
    title: 'filters',
    people: {
      same: [did('Bought', HOUR, { shop: 'Bern', total: 60 })],
      apart: [did('Bought', HOUR, { shop: 'Bern', total: 10 }), did('Bought', 2 * HOUR, { shop: 'Basel', total: 60 })],
      shoes: [
        did('Bought', HOUR, {
          products: [
            { category: 'Shoes', price: 60 },
            { category: 'Hats', price: 5 },
          ],
        }),
      ],
      mixed: [
        did('Bought', HOUR, {
          products: [
            { category: 'Shoes', price: 5 },
            { category: 'Hats', price: 60 },
          ],
        }),
      ],
      deep: [did('Bought', HOUR, { payment: { way: { kind: 'card' } } })],
    },
    asked: [
      [
        {
          event: 'Bought',
          where: [
            { property: 'shop', op: 'equals', value: 'Bern' },
            { property: 'total', op: 'moreThan', value: 50 },
          ],
        },
        at('same'),
      ],
      [
        {
          event: 'Bought',
          where: [
            {
              property: 'products',
              op: 'some',
              where: [
                { property: 'category', op: 'equals', value: 'Shoes' },
                { property: 'price', op: 'moreThan', value: 50 },
              ],
            },
          ],
        },
        at('shoes'),
      ],
      [{ event: 'Bought', where: [{ property: 'payment.way.kind', op: 'equals', value: 'card' }] }, at('deep')],
    ],
  },
  {
    title: 'what events come to',
    people: {
      none: [known],
      small: [did('Paid', HOUR, { total: 10, shop: 'a' })],
      text: [did('Paid', HOUR, { total: '10', shop: 'a' }), did('Paid', 2 * HOUR, { total: '20.5', shop: 'b' })],
      odd: [did('Paid', HOUR, { total: 'much', shop: 'a' }), did('Paid', 2 * HOUR, { total: 40, shop: 'a' })],
      old: [did('Paid', 5 * DAY, { total: 100, shop: 'c' }), did('Paid', HOUR, { total: 5, shop: 'a' })],
    },
    asked: [
      [
        { event: 'Paid', aggregate: { function: 'sum', property: 'total', op: 'atLeast', value: 30 } },
        at('odd old text'),
      ],
      [{ event: 'Paid', aggregate: { function: 'sum', property: 'total', op: 'equals', value: 30.5 } }, at('text')],
      [{ event: 'Paid', aggregate: { function: 'sum', property: 'total', op: 'lessThan', value: 10 } }, at('none')],
      [
        {
          event: 'Paid',
          within: { days: 2 },
          aggregate: { function: 'sum', property: 'total', op: 'between', value: [5, 10] },
        },
        [
          [AT.start, 'old small'],
          [AT.week, ''],
        ],
      ],
      [
        { event: 'Paid', aggregate: { function: 'average', property: 'total', op: 'atMost', value: 15.25 } },
        at('small text'),
      ],
      [{ event: 'Paid', aggregate: { function: 'min', property: 'total', op: 'lessThan', value: 10 } }, at('old')],
      [
        { event: 'Paid', aggregate: { function: 'max', property: 'total', op: 'moreThan', value: 20 } },
        at('odd old text'),
      ],
      [
        { event: 'Paid', aggregate: { function: 'distinct', property: 'shop', op: 'atLeast', value: 2 } },
        at('old text'),
      ],
      [{ event: 'Paid', aggregate: { function: 'distinct', property: 'shop', op: 'equals', value: 0 } }, at('none')],
    ],
  },
  {
    title: 'the first and the last',
    people: {
      rising: [did('Rated', 3 * DAY, { stars: 1 }), did('Rated', HOUR, { stars: 5 })],
      falling: [did('Rated', 3 * DAY, { stars: 5 }), did('Rated', HOUR, { stars: 1 })],
      quiet: [did('Rated', 3 * DAY, { stars: 5 })],
      never: [known],
    },
    asked: [
      [{ event: 'Rated', pick: 'last', having: [{ property: 'stars', op: 'atLeast', value: 4 }] }, at('quiet rising')],
      [
        { event: 'Rated', pick: 'first', having: [{ property: 'stars', op: 'atLeast', value: 4 }] },
        at('falling quiet'),
      ],
      [{ event: 'Rated', pick: 'last', before: '2026-11-20' }, at('quiet')],
      [
        { event: 'Rated', pick: 'first', within: { days: 4 } },
        [
          [AT.start, 'falling quiet rising'],
          [AT.week, ''],
        ],
      ],
      [
        { event: 'Rated', pick: 'last', within: { hours: 2 }, having: [{ property: 'stars', op: 'equals', value: 5 }] },
        [
          [AT.start, 'rising'],
          [AT.beforeHour, 'rising'],
          [AT.hour, ''],
        ],
      ],
    ],
  },
  {
    title: 'one after another',
    people: {
      quick: [did('Viewed', 3 * HOUR), did('Took', 2.5 * HOUR)],
      inTime: [did('Viewed', 3 * HOUR), did('Took', 2 * HOUR)],
      late: [did('Viewed', 3 * HOUR), did('Took', 2 * HOUR - 1)],
      wrong: [did('Took', 3 * HOUR), did('Viewed', 2.5 * HOUR)],
      same: [did('Viewed', 3 * HOUR), did('Took', 3 * HOUR)],
      broken: [did('Viewed', 3 * HOUR), did('Left', 2.75 * HOUR), did('Took', 2.5 * HOUR)],
      again: [did('Viewed', 9 * HOUR), did('Left', 8 * HOUR), did('Viewed', 3 * HOUR), did('Took', 2.5 * HOUR)],
    },
    asked: [
      [{ sequence: [{ event: 'Viewed' }, { event: 'Took' }] }, at('again broken inTime late quick')],
      [{ sequence: [{ event: 'Viewed' }, { event: 'Took', within: { hours: 1 } }] }, at('again broken inTime quick')],
      [
        { sequence: [{ event: 'Viewed' }, { event: 'Took', within: { hours: 1 }, without: { event: 'Left' } }] },
        at('again inTime quick'),
      ],
      [{ sequence: [{ event: 'Viewed' }, { event: 'Left' }, { event: 'Took' }] }, at('again broken')],
      [
        { sequence: [{ event: 'Viewed' }, { event: 'Took' }], within: { hours: 4 } },
        [
          [AT.start, 'again broken inTime late quick'],
          [AT.beforeHour, 'again broken inTime late quick'],
          [AT.hour, ''],
        ],
      ],
    ],
  },
];
