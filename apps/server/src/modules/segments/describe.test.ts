import type { ComputedTraitRule, SegmentRule } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import { describeComputedTrait, describeRule } from './describe.ts';

const ID = '0'.repeat(32);

describe('describeRule', () => {
  it.each<[SegmentRule, string]>([
    [{ trait: 'plan', op: 'equals', value: 'pro' }, 'Profiles for which plan is "pro".'],
    [{ trait: ['address', 'city'], op: 'missing' }, 'Profiles for which address.city is missing.'],
    [
      { trait: 'renewsAt', op: 'withinNext', value: { days: 1 } },
      'Profiles for which renewsAt is within the next 1 day.',
    ],
    [
      { event: 'Order Completed', count: { exactly: 0 }, within: { days: 30 } },
      'Profiles for which "Order Completed" has not happened in the last 30 days.',
    ],
    [
      {
        event: 'Order Completed',
        where: [{ property: 'total', op: 'between', value: [10, 20] }],
        count: { moreThan: 1 },
        after: '2026-11-01',
      },
      'Profiles for which "Order Completed" with total that is between 10 and 20 has happened more than once from 2026-11-01 on.',
    ],
    [
      {
        all: [
          { any: [{ trait: 'a', op: 'in', value: ['x', 1] }, { event: { type: 'page' } }] },
          { not: { event: { type: 'page', name: 'Pricing' }, within: { hours: 2 } } },
        ],
      },
      'Profiles for which (a is one of "x", 1 or any page has happened) and it is not so that page "Pricing" has happened in the last 2 hours.',
    ],
  ])('tells a rule as a sentence', (rule, sentence) => {
    expect(describeRule(rule)).toBe(sentence);
  });

  it.each<[string, SegmentRule, string]>([
    ['everyone', { everyone: true }, 'Every profile.'],
    [
      'everyone in a group',
      { all: [{ everyone: true }, { lifecycle: ['loyal'] }] },
      'Profiles for which nothing is asked and the lifecycle stage is loyal.',
    ],
    [
      'text in any case',
      { trait: 'plan', op: 'notContains', value: 'trial', ignoreCase: true },
      'Profiles for which plan does not contain "trial" in upper or lower case.',
    ],
    ['a pattern', { trait: 'sku', op: 'matches', value: '^A' }, 'Profiles for which sku matches the pattern "^A".'],
    [
      'a birthday today',
      { trait: 'birthday', op: 'anniversaryWithin', value: { days: 0 }, zone: 'customer' },
      "Profiles for which birthday returns today by the customer's time.",
    ],
    [
      'a birthday soon',
      { trait: 'birthday', op: 'anniversaryWithin', value: { days: 7 } },
      'Profiles for which birthday returns today or within the next 7 days.',
    ],
    [
      'a value held',
      { trait: 'plan', op: 'held', value: 'gold', for: { atLeast: { days: 30 } } },
      'Profiles for which plan has been "gold" for at least 30 days.',
    ],
    [
      'a value held for less',
      { trait: 'plan', op: 'held', value: 'gold', for: { lessThan: { hours: 1 } } },
      'Profiles for which plan has been "gold" for less than 1 hour.',
    ],
    [
      'an element of a list',
      {
        event: 'Order Completed',
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
      'Profiles for which "Order Completed" with an element of products whose category is "Shoes" and whose price is more than 50 has happened.',
    ],
    [
      'a prefix and a calendar word',
      { event: 'cart.*', during: 'lastWeek', zone: 'customer', count: { atMost: 2 } },
      `Profiles for which any event whose name begins with "cart." has happened at most 2 times last week by the customer's time.`,
    ],
    [
      'a time on the clock',
      { event: 'A', at: { days: ['sat', 'sun'], hours: { from: 9, until: 17 }, zone: 'customer' } },
      `Profiles for which "A" on a Saturday or Sunday from 9:00 until 17:00 by the customer's time has happened.`,
    ],
    [
      'an aggregate',
      { event: 'A', aggregate: { function: 'sum', property: 'total', op: 'atLeast', value: 100 }, within: { days: 9 } },
      'Profiles for which the sum of total of "A" in the last 9 days is at least 100.',
    ],
    [
      'the last event',
      { event: 'A', pick: 'last', having: [{ property: 'total', op: 'atLeast', value: 50 }], within: { days: 9 } },
      'Profiles for which the last "A" has total that is at least 50 and happened in the last 9 days.',
    ],
    ['the first event', { event: 'A', pick: 'first' }, 'Profiles for which the first "A" is known.'],
    [
      'a sequence',
      {
        sequence: [{ event: 'A' }, { event: 'B', within: { hours: 1 }, without: { event: 'C' } }],
        within: { days: 9 },
      },
      'Profiles for which "A", then "B" within 1 hour without "C" between has happened in this order in the last 9 days.',
    ],
    ['a segment', { segment: `seg_${ID}` }, 'Profiles for which the profile is in segment "Buyers".'],
    ['a list nobody knows', { list: `lst_${ID}` }, `Profiles for which the profile is on list lst_${ID}.`],
    [
      'a bucket',
      { bucket: { salt: 'spring', from: 0, below: 50 } },
      'Profiles for which the lot drawn by "spring" is from 0 to below 50 percent.',
    ],
    [
      'consent',
      { consent: { channel: 'web_push', topic: 'news', state: ['subscribed', 'never_asked'] } },
      'Profiles for which consent on web push for "news" is subscribed or never asked.',
    ],
    ['reachability', { reachable: { channel: 'sms' } }, 'Profiles for which the profile is reachable on sms.'],
    [
      'what became of messages',
      { message: 'opened', channel: 'email', template: `tpl_${ID}`, count: { exactly: 0 }, within: { days: 30 } },
      `Profiles for which a message on email from template tpl_${ID} has not been opened by a human in the last 30 days.`,
    ],
    [
      'a company',
      { company: ['plan'], op: 'equals', value: 'pro' },
      'Profiles for which a company of the profile has a plan that is "pro".',
    ],
    [
      'a place',
      { place: { countries: ['DE', 'AT', 'CH'], near: { latitude: 48.1, longitude: 11.6, km: 25 } } },
      'Profiles for which the place is in the country DE, AT or CH and within 25 km of 48.1, 11.6.',
    ],
    [
      'stages',
      { not: { lifecycle: ['at_risk', 'lapsed'] } },
      'Profiles for which it is not so that the lifecycle stage is at risk or lapsed.',
    ],
  ])('says %s in plain words', (_, rule, sentence) => {
    expect(describeRule(rule, (id) => (id.startsWith('seg_') ? 'Buyers' : undefined))).toBe(sentence);
  });
});

describe('describeComputedTrait', () => {
  it.each<[ComputedTraitRule, string]>([
    [{ function: 'count', event: 'A', within: { days: 90 } }, 'How often "A" in the last 90 days has happened.'],
    [{ function: 'sum', event: 'A', property: 'total' }, 'The sum of total of "A".'],
    [{ function: 'mostFrequent', event: 'A', property: ['store'] }, 'The most frequent store of "A".'],
    [{ function: 'first', event: 'A', property: 'sku' }, 'sku of the first "A".'],
    [{ function: 'daysSince', event: 'A' }, 'Whole days since the last "A".'],
  ])('tells where a computed trait comes from', (rule, sentence) => {
    expect(describeComputedTrait(rule)).toBe(sentence);
  });
});
