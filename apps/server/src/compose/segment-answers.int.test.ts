import type { Segment, SegmentPreview, SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Happened,
  type LanguageCase,
  type LanguageShop,
  type LanguageWorld,
  openLanguageWorld,
} from './testing/language-world.ts';

const HOUR = 3_600_000;
const NOBODY = '0'.repeat(32);

let world: LanguageWorld;
beforeAll(async () => {
  world = await openLanguageWorld();
}, 60_000);
afterAll(() => world.close());

const people = (title: string, of: LanguageCase['people']): LanguageCase[] => [{ title, people: of, asked: [] }];
const identify = (traits: Happened['traits']): Happened => ({
  type: 'identify',
  agoMs: 30 * HOUR,
  ...(traits && { traits }),
});

interface Refusal {
  status: number;
  details: { field: string; message: string }[];
}

async function refuse(
  shop: LanguageShop,
  id: 'createSegment' | 'updateSegment' | 'previewSegment',
  example: object,
): Promise<Refusal> {
  const answer = await world.api.ask(id, shop.keys.apiKey, example);
  const { errors = [], details = errors } = answer.json<{
    errors?: Refusal['details'];
    details?: Refusal['details'];
  }>();
  return { status: answer.status, details };
}

describe('what a rule may ask beside traits and events', () => {
  let shop: LanguageShop;
  const inShop: Record<string, string> = {};
  const asked: Record<string, [rule: () => SegmentRule, members: string]> = {
    everyone: [() => ({ everyone: true }), 'ada bea cem'],
    'everybody draws a lot': [() => ({ bucket: { salt: 's', from: 0, below: 100 } }), 'ada bea cem'],
    'a yes to a topic': [() => ({ consent: { channel: 'email', topic: 'marketing', state: ['subscribed'] } }), 'ada'],
    'a no to a topic': [() => ({ consent: { channel: 'email', topic: 'marketing', state: ['unsubscribed'] } }), 'bea'],
    'never asked': [() => ({ consent: { channel: 'email', topic: 'marketing', state: ['never_asked'] } }), 'cem'],
    'reachable for a topic': [() => ({ reachable: { channel: 'email', topic: 'marketing' } }), 'ada'],
    'a company and its trait': [() => ({ company: 'plan', op: 'equals', value: 'pro' }), 'ada'],
    'any company': [() => ({ company: 'plan', op: 'exists' }), 'ada bea'],
    'no company': [() => ({ not: { company: 'plan', op: 'exists' } }), 'cem'],
    'a country': [() => ({ place: { countries: ['DE', 'CH'] } }), 'ada'],
    'a city in any case': [() => ({ place: { cities: ['munich'] } }), 'ada'],
    'a circle': [() => ({ place: { near: { latitude: 48.2, longitude: 11.6, km: 20 } } }), 'ada'],
    'a source': [() => ({ trait: 'first_touch.source', op: 'equals', value: 'news' }), 'ada'],
    'opened by a human': [() => ({ message: 'opened', within: { days: 3 } }), 'ada'],
    'never opened': [() => ({ message: 'opened', count: { exactly: 0 } }), 'bea cem'],
    'opened of a template': [() => ({ message: 'opened', template: inShop['template']! }), 'ada'],
    'a list': [() => ({ list: inShop['list']! }), 'bea cem'],
    'not on a list': [() => ({ not: { list: inShop['list']! } }), 'ada'],
    'another segment': [() => ({ all: [{ segment: inShop['base']! }, { place: { countries: ['DE', 'AT'] } }] }), 'ada'],
    'not another segment': [() => ({ not: { segment: inShop['base']! } }), 'bea'],
  };
  const ids: Record<'before' | 'after', Record<string, string>> = { before: {}, after: {} };

  const opened = (name: string): Happened => ({
    event: name,
    agoMs: HOUR,
    properties: { message_id: `msg_${NOBODY}`, template_id: inShop['template']! },
  });
  const facts = () =>
    people('facts', {
      ada: [
        identify({
          email: 'ada@customer.example',
          address: { country: 'DE', city: 'Munich', latitude: 48.14, longitude: 11.58 },
        }),
        { type: 'group', agoMs: HOUR, groupId: 'acme', traits: { plan: 'pro' } },
        { type: 'page', event: 'Home', agoMs: HOUR, context: { campaign: { source: 'news', medium: 'email' } } },
        opened('Email Opened'),
      ],
      bea: [
        identify({ email: 'bea@customer.example', address: { country: 'AT', city: 'Graz' } }),
        { type: 'group', agoMs: HOUR, groupId: 'zeta', traits: { plan: 'free' } },
        opened('Email Opened By Machine'),
      ],
      cem: [identify({ tier: 'gold' })],
    });

  beforeAll(async () => {
    shop = await world.addShop('Facts');
    const mail = { name: 'News', subject: 'News', html: '<p>News</p>' };
    inShop['template'] = (await shop.call<{ id: string }>('createTemplate', { body: mail })).id;
    inShop['list'] = (await shop.call<{ id: string }>('createList', { body: { name: 'VIP' } })).id;
    inShop['base'] = await shop.define('Base', {
      any: [
        { trait: 'tier', op: 'equals', value: 'gold' },
        { company: 'plan', op: 'equals', value: 'pro' },
      ],
    });
    const defineAll = async (when: 'before' | 'after') => {
      for (const [name, [rule]] of Object.entries(asked))
        ids[when][name] = await shop.define(`${name} ${when}`, rule());
      await shop.fill();
    };
    await defineAll('before');
    await shop.send(facts(), { isShuffled: true });
    const say = (name: string, status: string) =>
      shop.call('recordConsent', {
        params: { id: shop.profileId('facts', name) },
        body: { channel: 'email', topic: 'marketing', status, source: 'checkout' },
      });
    await say('ada', 'granted');
    await say('bea', 'denied');
    await shop.settle();
    await shop.call('addListMembers', {
      params: { id: inShop['list'] },
      body: { profileIds: [shop.profileId('facts', 'bea')] },
    });
    const csv = await world.api.app.inject({
      method: 'POST',
      url: `/api/v1/lists/${inShop['list']}/import`,
      headers: { authorization: `Bearer ${shop.keys.apiKey}`, 'content-type': 'text/csv' },
      payload: `identifier,note\nuserId:${shop.userOf('facts', 'cem')},"a, b"\nuserId:nobody,\n`,
    });
    expect([csv.statusCode, csv.json()]).toEqual([200, expect.objectContaining({ rows: 2, added: 1, failed: 1 })]);
    await shop.settle();
    await defineAll('after');
  }, 300_000);

  it.each(Object.keys(asked))('%s: the same people, whether the rule was there before or after', async (name) => {
    const [, members] = asked[name]!;
    expect(await shop.members(ids.before[name]!, 'facts')).toBe(members);
    expect(await shop.members(ids.after[name]!, 'facts')).toBe(members);
  });

  it('draws each lot once: two halves share nobody and miss nobody, and another salt draws anew', async () => {
    const ofHalf = async (from: number, below: number) => {
      const rule: SegmentRule = { bucket: { salt: 'halves', from, below } };
      return (await shop.call<SegmentPreview>('previewSegment', { body: { rule } })).sample;
    };
    const [low, high] = [await ofHalf(0, 50), await ofHalf(50, 100)];
    expect([...low, ...high].sort()).toEqual(['ada', 'bea', 'cem'].map((name) => shop.profileId('facts', name)).sort());
    expect(await ofHalf(0, 50)).toEqual(low);
  });

  it('previews a rule without keeping anything', async () => {
    const before = (await shop.call<{ items: object[] }>('listSegments', { query: { limit: '500' } })).items.length;
    const preview = await shop.call<SegmentPreview>('previewSegment', { body: { rule: asked['a country']![0]() } });
    expect(preview).toEqual({
      members: 1,
      profiles: 3,
      isExact: true,
      low: 1,
      high: 1,
      description: 'Profiles for which the place is in the country DE or CH.',
      sample: [shop.profileId('facts', 'ada')],
    });
    expect((await shop.call<{ items: object[] }>('listSegments', { query: { limit: '500' } })).items).toHaveLength(
      before,
    );
  });

  it('follows what changes beside events', async () => {
    const { ada, bea } = { ada: shop.profileId('facts', 'ada'), bea: shop.profileId('facts', 'bea') };
    await shop.call('recordConsent', {
      params: { id: ada },
      body: { channel: 'email', topic: 'marketing', status: 'denied', source: 'checkout' },
    });
    await shop.call('removeListMember', { params: { id: inShop['list']!, profileId: bea } });
    await shop.settle();
    expect(await shop.members(ids.before['a yes to a topic']!, 'facts')).toBe('');
    expect(await shop.members(ids.before['a no to a topic']!, 'facts')).toBe('ada bea');
    expect(await shop.members(ids.before['a list']!, 'facts')).toBe('cem');
    expect(await shop.told(ids.before['a list']!, bea)).toEqual(['Segment Entered: list', 'Segment Left: list']);
  });
});

describe('why a profile is in a segment', () => {
  const done = (event: string): Happened => ({ event, agoMs: 0 });

  it('is told once: by an event, by time alone at the very instant, and not at all who was in before', async () => {
    const shop = await world.addShop('Causes');
    const first = await shop.define('First', { event: 'Called', within: { hours: 1 } });
    await shop.fill();
    await shop.send(people('causes', { dee: [done('Called')] }), { isShuffled: true });
    const later = await shop.define('Later', { event: 'Called', within: { hours: 1 } });
    await shop.fill();
    const dee = shop.profileId('causes', 'dee');
    const causes = async (id: string) => (await shop.memberRows(id)).map(({ cause }) => cause);
    expect([await causes(first), await causes(later)]).toEqual([['event'], ['already_in']]);
    expect([await shop.told(first, dee), await shop.told(later, dee)]).toEqual([['Segment Entered: event'], []]);
    await world.moveTo(HOUR - 1);
    expect(await shop.members(first, 'causes')).toBe('dee');
    await world.moveTo(HOUR);
    await world.moveTo(HOUR + 1);
    expect(await shop.members(first, 'causes')).toBe('');
    expect(await shop.told(first, dee)).toEqual(['Segment Entered: event', 'Segment Left: time']);
    expect(await shop.told(later, dee)).toEqual(['Segment Left: time']);
  });

  it('may be a changed rule: exactly those flip for whom the two differ, in segments that ask for it too', async () => {
    const shop = await world.addShop('Changes');
    const called = (times: number): Happened[] =>
      Array.from({ length: times }, (_, index) => ({ event: 'Called', agoMs: (index + 1) * HOUR }));
    const base = await shop.define('Base', { event: 'Called' });
    const user = await shop.define('User', { segment: base });
    await shop.send(
      people('changes', { once: called(1), twice: called(2), wrote: [{ event: 'Wrote', agoMs: HOUR }] }),
      { isShuffled: true },
    );
    await shop.fill();
    const rule: SegmentRule = { any: [{ event: 'Called', count: { atLeast: 2 } }, { event: 'Wrote' }] };
    const kept = (await shop.memberRows(base)).find(
      ({ profileId }) => profileId === shop.profileId('changes', 'twice'),
    );
    const changed = await shop.call<Segment>('updateSegment', { params: { id: base }, body: { rule } });
    expect([changed.rule, changed.change?.rule, changed.usedBy]).toEqual([
      { event: 'Called' },
      rule,
      [{ id: user, name: 'User' }],
    ]);
    await shop.fill();
    for (const id of [base, user]) expect(await shop.members(id, 'changes')).toBe('twice wrote');
    const told = (name: string) => shop.told(base, shop.profileId('changes', name));
    expect((await told('once')).at(-1)).toBe('Segment Left: rule_changed');
    expect((await told('wrote')).at(-1)).toBe('Segment Entered: rule_changed');
    expect((await shop.memberRows(base)).find(({ profileId }) => profileId === kept!.profileId)).toEqual(kept);
    const after = await shop.call<Segment>('getSegment', { params: { id: base } });
    expect([after.rule, after.change, after.status]).toEqual([rule, null, 'live']);
  });
});

describe('what follows from events', () => {
  const DAY = 24 * HOUR;
  const orders = (...agoDays: number[]): Happened[] =>
    agoDays.map((days) => ({
      event: 'Order Completed',
      agoMs: days * DAY,
      properties: { total: days, store: 'Bern' },
    }));

  it('is asked by the name of a computed trait, and by lifecycle stages, at every instant', async () => {
    const shop = await world.addShop('Follows');
    const trait = (name: string, rule: object) => shop.call('createComputedTrait', { body: { name, rule } });
    await trait('orders_count', { function: 'count', event: 'Order Completed' });
    await trait('orders_total', { function: 'sum', event: 'Order Completed', property: 'total' });
    await trait('last_order_days', { function: 'daysSince', event: 'Order Completed' });
    await shop.call('updateLifecycle', {
      body: {
        order: { event: 'Order Completed' },
        atRiskAfter: { days: 60 },
        lapsedAfter: { days: 120 },
        wonBackFor: { days: 30 },
        loyalOrders: 3,
        loyalWithin: { days: 365 },
      },
    });
    const asked: [SegmentRule, string][] = [
      [{ trait: 'orders_count', op: 'atLeast', value: 2 }, 'back loyal twice'],
      [{ trait: 'orders_total', op: 'equals', value: 30 }, 'once twice'],
      [{ trait: 'last_order_days', op: 'moreThan', value: 29 }, 'gone once risky'],
      [{ lifecycle: ['lead', 'visitor'] }, 'none'],
      [{ lifecycle: ['first_time'] }, 'once'],
      [{ lifecycle: ['active'] }, 'twice'],
      [{ lifecycle: ['loyal'] }, 'loyal'],
      [{ lifecycle: ['at_risk'] }, 'risky'],
      [{ lifecycle: ['lapsed'] }, 'gone'],
      [{ lifecycle: ['won_back'] }, 'back'],
    ];
    const before: string[] = [];
    for (const [index, [rule]] of asked.entries()) before.push(await shop.define(`before ${index}`, rule));
    await shop.fill();
    await shop.send(
      people('follows', {
        none: [identify({ tier: 'gold' })],
        once: orders(30),
        twice: orders(10, 20),
        loyal: orders(1, 2, 3),
        risky: orders(61),
        gone: orders(121),
        back: orders(5, 200),
      }),
      { isShuffled: true },
    );
    const after: string[] = [];
    for (const [index, [rule]] of asked.entries()) after.push(await shop.define(`after ${index}`, rule));
    await shop.fill();
    for (const [index, [, members]] of asked.entries()) {
      expect([index, await shop.members(before[index]!, 'follows')]).toEqual([index, members]);
      expect([index, await shop.members(after[index]!, 'follows')]).toEqual([index, members]);
    }
    const sealed = await world.api.ask('createComputedTrait', shop.keys.apiKey, {
      body: { name: 'last_mail', rule: { function: 'last', event: 'Order Completed', property: 'email' } },
    });
    expect([sealed.status, sealed.text]).toEqual([400, expect.stringContaining('"email\\" is sealed')]);
    const held = await refuse(shop, 'createSegment', {
      body: { name: 'No', rule: { trait: 'orders_count', op: 'held', value: 1, for: { atLeast: { days: 1 } } } },
    });
    expect(held.details).toEqual([{ field: 'rule.trait', message: expect.stringContaining('follows from events') }]);
  }, 300_000);
});

describe('a rule that cannot be', () => {
  let shop: LanguageShop;
  let base: string;
  beforeAll(async () => {
    shop = await world.addShop('Refusals');
    base = await shop.define('Base', { everyone: true });
  });

  it.each<[string, unknown, string]>([
    ['a node of no kind', { all: [{ plan: 'pro' }] }, 'rule.all[0]'],
    ['two windows', { any: [{ event: 'A', within: { days: 1 }, during: 'today' }] }, 'rule.any[0].during'],
    ['a window over before it starts', { event: 'A', after: '2026-02-01', before: '2026-01-01' }, 'rule.after'],
    ['hours that never are', { event: 'A', at: { hours: { from: 9, until: 9 } } }, 'rule.at.hours.until'],
    ['a pattern that is none', { not: { trait: 'a', op: 'matches', value: '(' } }, 'rule.not.value'],
    [
      'a pattern RE2 does not know',
      { event: 'A', where: [{ property: 'a', op: 'matches', value: '(a)\\1' }] },
      'rule.where[0].value',
    ],
    [
      'a first step after none',
      { sequence: [{ event: 'A', within: { hours: 1 } }, { event: 'B' }] },
      'rule.sequence[0].within',
    ],
    [
      'a sealed value in part',
      { event: 'A', where: [{ property: 'email', op: 'contains', value: 'a' }] },
      'rule.where[0].property',
    ],
    [
      'since when a personal trait is so',
      { trait: 'email', op: 'held', value: 'a', for: { atLeast: { days: 1 } } },
      'rule.trait',
    ],
    ['a segment that is none', { all: [{ segment: `seg_${NOBODY}` }] }, 'rule.all[0].segment'],
    ['a list that is none', { list: `lst_${NOBODY}` }, 'rule.list'],
    ['a template that is none', { not: { message: 'opened', template: `tpl_${NOBODY}` } }, 'rule.not.template'],
    ['a journey that is none', { any: [{ message: 'sent', journey: `jrn_${NOBODY}` }] }, 'rule.any[0].journey'],
    ['a topic that is none', { reachable: { channel: 'email', topic: 'weather' } }, 'rule.reachable.topic'],
    ['10,000 leaves', { any: Array.from({ length: 10_000 }, () => ({ everyone: true })) }, 'rule.any[199]'],
  ])('is refused, with the node named: %s', async (_, rule, field) => {
    for (const id of ['createSegment', 'previewSegment', 'updateSegment'] as const) {
      const body = id === 'createSegment' ? { name: 'Refused', rule } : { rule };
      const params = id === 'updateSegment' ? { params: { id: base } } : {};
      const { status, details } = await refuse(shop, id, { ...params, body });
      expect([id, status, details]).toEqual([id, 400, [{ field, message: expect.stringContaining(field) }]]);
    }
  });

  it('is refused when segments would ask for each other in a circle, with the way named', async () => {
    const middle = await shop.define('Middle', { any: [{ segment: base }] });
    const top = await shop.define('Top', { not: { segment: middle } });
    const { status, details } = await refuse(shop, 'updateSegment', {
      params: { id: base },
      body: { rule: { all: [{ everyone: true }, { segment: top }] } },
    });
    expect(status).toBe(400);
    expect(details).toEqual([
      { field: 'rule.all[1].segment', message: expect.stringContaining('"Base" -> "Top" -> "Middle" -> "Base"') },
    ]);
    const itself = await refuse(shop, 'updateSegment', { params: { id: top }, body: { rule: { segment: top } } });
    expect(itself.details).toEqual([{ field: 'rule.segment', message: expect.stringContaining('"Top" -> "Top"') }]);
  });

  it('stays what others ask for: such a segment is not archived, and a list neither', async () => {
    const list = await shop.call<{ id: string }>('createList', { body: { name: 'Asked for' } });
    await shop.define('Reader', { list: list.id });
    const archived = await world.api.ask('archiveSegment', shop.keys.apiKey, { params: { id: base } });
    expect([archived.status, archived.text]).toEqual([409, expect.stringContaining('Middle')]);
    const gone = await world.api.ask('archiveList', shop.keys.apiKey, { params: { id: list.id } });
    expect([gone.status, gone.text]).toEqual([409, expect.stringContaining('Reader')]);
  });
});
