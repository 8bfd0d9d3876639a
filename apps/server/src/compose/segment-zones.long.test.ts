import type { SegmentPreview, SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runBackFills } from '../modules/segments/index.ts';
import type { Json, JsonObject } from '../platform/json.ts';
import { NOW } from './testing/api-world.ts';
import { type LanguageShop, type LanguageWorld, openLanguageWorld } from './testing/language-world.ts';
import { findProfile, tellShop } from './testing/tell-shop.ts';

// Back-fills wait their turn on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let world: LanguageWorld;
beforeAll(async () => {
  world = await openLanguageWorld();
}, 60_000);
afterAll(() => world.close());

/** Moves the clock on to an instant of a calendar. */
const moveTo = (iso: string): Promise<void> => {
  const afterMs = Date.parse(iso) - NOW;
  if (NOW + afterMs < world.clock.now()) throw new Error(`${iso} is over`);
  return world.moveTo(afterMs);
};

/** Segments of a shop by name, and its people by theirs. */
class Calendar {
  readonly shop: LanguageShop;
  readonly #rules: Readonly<Record<string, SegmentRule>>;
  readonly #ids = new Map<string, string>();
  readonly #people = new Map<string, string>();

  constructor(shop: LanguageShop, rules: Readonly<Record<string, SegmentRule>>) {
    this.shop = shop;
    this.#rules = rules;
  }

  async define(): Promise<void> {
    for (const [name, rule] of Object.entries(this.#rules)) this.#ids.set(name, await this.shop.define(name, rule));
    await this.shop.fill();
  }

  async tell(userId: string, event: JsonObject): Promise<void> {
    await tellShop(world, this.shop, { userId, ...event });
    this.#people.set((await findProfile(this.shop, `userId:${userId}`)).id, userId);
  }

  /** Everybody who is in each segment now, by what was kept and by what a preview of the rule counts. */
  async members(...names: readonly string[]): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of names.length === 0 ? this.#ids.keys() : names) {
      const rows = await this.shop.memberRows(this.#ids.get(name)!);
      const kept = this.#namesOf(rows.map(({ profileId }) => profileId));
      const body = { rule: this.#rules[name] };
      const preview = await this.shop.call<SegmentPreview>('previewSegment', { body });
      const counted = this.#namesOf(preview.sample);
      found[name] = kept === counted ? kept : `kept: ${kept}; counted: ${counted}`;
    }
    return found;
  }

  async told(name: string, userId: string): Promise<string[]> {
    const [profileId] = [...this.#people].find(([, known]) => known === userId)!;
    return this.shop.told(this.#ids.get(name)!, profileId);
  }

  #namesOf(profileIds: readonly string[]): string {
    return profileIds
      .map((id) => this.#people.get(id) ?? id)
      .sort()
      .join(' ');
  }
}

const came = (timestamp: string, context: JsonObject = {}): JsonObject => ({ event: 'Came', timestamp, context });
const said = (traits: JsonObject): JsonObject => ({ type: 'identify', traits });

const PERIODS: Readonly<Record<string, SegmentRule>> = {
  today: { event: 'Came', during: 'today' },
  yesterday: { event: 'Came', during: 'yesterday' },
  thisMonth: { event: 'Came', during: 'thisMonth' },
  lastMonth: { event: 'Came', during: 'lastMonth' },
  returns: { trait: 'since', op: 'anniversaryWithin', value: { days: 0 } },
  ownToday: { event: 'Came', during: 'today', zone: 'customer' },
  ownReturns: { trait: 'since', op: 'anniversaryWithin', value: { days: 0 }, zone: 'customer' },
};

it('another zone of the workspace flips exactly those whose day, month or anniversary it changes, there and back', async () => {
  const calendar = new Calendar(await world.addShop('Moves'), PERIODS);
  const setZone = async (timeZone: string): Promise<void> => {
    await calendar.shop.call('updateWorkspace', { body: { timeZone } });
    await calendar.shop.fill();
  };
  await calendar.define();
  // Monday, 30 November, 16:30 in Berlin; in Tokyo it is half past midnight of 1 December.
  await moveTo('2026-11-30T15:30:00Z');
  await calendar.tell('ada', came('2026-11-30T14:59:59.999Z'));
  await calendar.tell('bea', came('2026-11-30T15:00:00Z'));
  await calendar.tell('cem', came('2026-10-31T22:59:59.999Z'));
  await calendar.tell('dee', { ...came('2026-11-30T15:00:00Z') });
  await calendar.tell('dee', said({ timezone: 'Asia/Tokyo', since: '2001-11-30' }));
  await calendar.tell('eve', said({ since: '2001-11-30' }));
  await calendar.tell('fay', said({ since: '2001-12-01' }));
  const inBerlin = {
    ...{ today: 'ada bea dee', yesterday: '', thisMonth: 'ada bea dee', lastMonth: 'cem' },
    ...{ returns: 'dee eve', ownToday: 'ada bea dee', ownReturns: 'eve' },
  };
  expect(await calendar.members()).toEqual(inBerlin);

  await setZone('Asia/Tokyo');
  const inTokyo = {
    ...{ today: 'bea dee', yesterday: 'ada', thisMonth: 'bea dee', lastMonth: 'ada cem' },
    ...{ returns: 'fay', ownToday: 'bea dee', ownReturns: 'fay' },
  };
  expect(await calendar.members()).toEqual(inTokyo);
  expect(await calendar.told('today', 'ada')).toEqual(['Segment Entered: event', 'Segment Left: rule_changed']);
  expect(await calendar.told('yesterday', 'ada')).toEqual(['Segment Entered: rule_changed']);
  expect(await calendar.told('today', 'bea')).toEqual(['Segment Entered: event']);

  await setZone('Europe/Berlin');
  expect(await calendar.members()).toEqual(inBerlin);
  await setZone('Asia/Tokyo');
  // The next change by time alone is that of the new zone: its midnight is eight hours before Berlin's.
  await moveTo('2026-12-01T14:59:59.999Z');
  expect(await calendar.members('today', 'returns')).toEqual({ today: 'bea dee', returns: 'fay' });
  await moveTo('2026-12-01T15:00:00Z');
  expect(await calendar.members('today', 'yesterday', 'returns')).toEqual({
    ...{ today: '', yesterday: 'bea dee', returns: '' },
  });
  expect((await calendar.told('today', 'bea')).at(-1)).toBe('Segment Left: time');
});

it('a computed trait by the calendar is that of the new zone once it is counted for it, and at every instant after', async () => {
  const shop = await world.addShop('Computes');
  const rules = {
    came_today: { function: 'count', event: 'Came', during: 'today' },
    own_today: { function: 'count', event: 'Came', during: 'today', zone: 'customer' },
    mornings: { function: 'count', event: 'Came', at: { hours: { from: 6, until: 12 } } },
  };
  const settle = async (): Promise<void> => {
    const statuses = async () =>
      (await shop.call<{ items: { status: string }[] }>('listComputedTraits')).items.map(({ status }) => status);
    while ((await statuses()).includes('filling')) {
      await world.api.settle();
      await runBackFills(world.api.services);
    }
  };
  const traits = async (userId: string): Promise<(Json | undefined)[]> => {
    const { traits: found } = await findProfile(shop, `userId:${userId}`);
    return Object.keys(rules).map((name) => found[name]);
  };
  for (const [name, rule] of Object.entries(rules)) await shop.call('createComputedTrait', { body: { name, rule } });
  await settle();
  // Sunday, 6 December, 23:30 in Berlin, which is half past seven of Monday in Tokyo.
  await moveTo('2026-12-06T22:30:00Z');
  const tokyo = { timezone: 'Asia/Tokyo' };
  await tellShop(world, shop, { userId: 'ada', ...came('2026-12-06T14:59:59.999Z') });
  await tellShop(world, shop, { userId: 'ada', ...came('2026-12-06T22:00:00Z') });
  await tellShop(world, shop, { userId: 'bea', ...said(tokyo) }, { userId: 'bea', ...came('2026-12-06T10:59:59Z') });
  await tellShop(world, shop, { userId: 'bea', ...came('2026-12-06T22:00:00Z') });
  expect([await traits('ada'), await traits('bea')]).toEqual([
    [2, 2, 0],
    [2, 1, 1],
  ]);
  await shop.call('updateWorkspace', { body: { timeZone: 'Asia/Tokyo' } });
  await settle();
  expect([await traits('ada'), await traits('bea')]).toEqual([
    [1, 1, 1],
    [1, 1, 1],
  ]);
  await moveTo('2026-12-07T15:00:00Z');
  expect([await traits('ada'), await traits('bea')]).toEqual([
    [0, 0, 1],
    [0, 0, 1],
  ]);
});

describe('where clocks are moved', () => {
  /** Sunday, 28 March 2027, has 23 hours in Berlin: 2:00 is 3:00 at 01:00 UTC. Sunday, 31 October, has 25. */
  const RULES: Readonly<Record<string, SegmentRule>> = {
    ...PERIODS,
    thisWeek: { event: 'Came', during: 'thisWeek' },
    sunday: { event: 'Came', at: { days: ['sun'] }, within: { days: 7 } },
    atTwo: { event: 'Came', at: { hours: { from: 2, until: 3 } }, within: { days: 7 } },
    atThree: { event: 'Came', at: { hours: { from: 3, until: 4 } }, within: { days: 7 } },
    ownTwo: { event: 'Came', at: { hours: { from: 2, until: 3 }, zone: 'customer' }, within: { days: 7 } },
    ownSunday: { event: 'Came', at: { days: ['sun'], zone: 'customer' }, within: { days: 7 } },
  };
  let calendar: Calendar;
  beforeAll(async () => {
    calendar = new Calendar(await world.addShop('Clocks'), RULES);
    await calendar.define();
    await calendar.tell('spring', said({ since: '1990-03-28' }));
    await calendar.tell('autumn', said({ since: '1990-10-31' }));
    await calendar.tell('far', said({ since: '1990-03-28', timezone: 'Pacific/Auckland' }));
  });

  it('a day of 23 hours begins and ends at its own midnights, and has no hour that is skipped', async () => {
    await moveTo('2027-03-27T22:59:59.999Z');
    await calendar.tell('before', came('2027-03-27T22:59:59.999Z'));
    // In Auckland, where it was summer time, the 28th began twelve hours earlier.
    expect(await calendar.members('today', 'returns', 'ownReturns')).toEqual({
      ...{ today: 'before', returns: '', ownReturns: 'far' },
    });
    await moveTo('2027-03-27T23:00:00Z');
    expect(await calendar.members('today', 'yesterday', 'returns', 'ownReturns')).toEqual({
      ...{ today: '', yesterday: 'before', returns: 'far spring', ownReturns: 'far spring' },
    });
    await moveTo('2027-03-28T11:00:00Z');
    expect(await calendar.members('ownReturns')).toEqual({ ownReturns: 'spring' });
    await moveTo('2027-03-28T21:59:59.999Z');
    await calendar.tell('first', came('2027-03-27T23:00:00Z'));
    await calendar.tell('half', came('2027-03-28T00:59:59.999Z'));
    await calendar.tell('three', came('2027-03-28T01:00:00Z'));
    await calendar.tell('london', came('2027-03-28T01:30:00Z', { timezone: 'Europe/London' }));
    await calendar.tell('azores', came('2027-03-28T02:30:00Z', { timezone: 'Atlantic/Reykjavik' }));
    await calendar.tell('nowhere', came('2027-03-28T03:30:00Z', { timezone: 'Mars/Olympus' }));
    const ofTheDay = 'azores first half london nowhere three';
    expect(await calendar.members('today', 'sunday', 'atTwo', 'atThree', 'ownTwo', 'ownSunday')).toEqual({
      ...{ today: ofTheDay, sunday: ofTheDay, atTwo: '', atThree: 'london three', ownSunday: ofTheDay },
      // London moved its clocks at the same instant: half past one is half past two there. Reykjavik moves none.
      ownTwo: 'azores london',
    });
  });

  it('a day of 25 hours begins and ends at its own midnights, and has an hour that comes twice', async () => {
    await moveTo('2027-10-30T21:59:59.999Z');
    expect(await calendar.members('returns', 'thisWeek')).toEqual({ returns: '', thisWeek: '' });
    await moveTo('2027-10-30T22:00:00Z');
    expect(await calendar.members('returns')).toEqual({ returns: 'autumn' });
    await calendar.tell('first', came('2027-10-30T22:00:00Z'));
    await moveTo('2027-10-31T01:30:00Z');
    await calendar.tell('two', came('2027-10-31T00:00:00Z'));
    await calendar.tell('again', came('2027-10-31T01:00:00Z'));
    await moveTo('2027-10-31T22:59:59.999Z');
    await calendar.tell('last', came('2027-10-31T22:59:59.999Z'));
    await calendar.tell('three', came('2027-10-31T02:00:00Z'));
    await calendar.tell('azores', came('2027-10-31T03:30:00Z', { timezone: 'Atlantic/Azores' }));
    await calendar.tell('tokyo', came('2027-10-31T15:00:00Z', { timezone: 'Asia/Tokyo' }));
    const ofTheDay = 'again azores first last three tokyo two';
    expect(await calendar.members()).toMatchObject({
      ...{ today: ofTheDay, thisWeek: ofTheDay, sunday: ofTheDay, returns: 'autumn' },
      // In Ponta Delgada half past three by Greenwich is half past two; in Tokyo it is Monday by then.
      ...{ atTwo: 'again two', atThree: 'three', ownTwo: 'again azores two' },
      ownSunday: 'again azores first last three two',
    });
    await moveTo('2027-10-31T23:00:00Z');
    expect(await calendar.members()).toMatchObject({
      ...{ today: '', yesterday: ofTheDay, thisWeek: '', thisMonth: '', lastMonth: ofTheDay, returns: '' },
    });
  });
});

describe('29 February', () => {
  const RULES: Readonly<Record<string, SegmentRule>> = {
    ...PERIODS,
    soon: { trait: 'since', op: 'anniversaryWithin', value: { days: 1 } },
    birthday: { trait: 'birthday', op: 'anniversaryWithin', value: { days: 0 } },
    tuesday: { event: 'Came', at: { days: ['tue'] } },
    tenOwn: { event: 'Came', at: { days: ['tue'], hours: { from: 22, until: 23 }, zone: 'customer' } },
  };

  it('is a day of its own in a leap year, on which those born then have their day; else they have it on the 28th', async () => {
    const calendar = new Calendar(await world.addShop('Leap'), RULES);
    await calendar.define();
    await moveTo('2028-02-27T22:59:59.999Z');
    await calendar.tell('leap', said({ since: '1992-02-29', birthday: '1992-02-29' }));
    await calendar.tell('before', said({ since: '1991-02-28', birthday: '1991-02-28' }));
    await calendar.tell('after', said({ since: '1991-03-01', birthday: '1991-03-01' }));
    const days = () => calendar.members('returns', 'birthday', 'soon');
    const on = (who: string, soon: string) => ({ returns: who, birthday: who, soon });
    await moveTo('2028-02-28T22:59:59.999Z');
    expect(await days()).toEqual(on('before', 'before leap'));
    await moveTo('2028-02-28T23:00:00Z');
    expect(await days()).toEqual(on('leap', 'after leap'));
    await calendar.tell('first', came('2028-02-28T23:00:00Z'));
    await moveTo('2028-02-29T22:59:59.999Z');
    await calendar.tell('last', came('2028-02-29T22:59:59.999Z'));
    expect(await calendar.members('today', 'thisMonth', 'tuesday')).toEqual({
      ...{ today: 'first last', thisMonth: 'first last', tuesday: 'first last' },
    });
    await moveTo('2028-02-29T23:00:00Z');
    expect(await days()).toEqual(on('after', 'after'));
    expect(await calendar.members('today', 'yesterday', 'thisMonth', 'lastMonth')).toEqual({
      ...{ today: '', yesterday: 'first last', thisMonth: '', lastMonth: 'first last' },
    });
    await moveTo('2028-03-01T01:30:00Z');
    // Half past ten in the evening of the 29th where she is.
    await calendar.tell('rio', came('2028-03-01T01:30:00Z', { timezone: 'America/Sao_Paulo' }));
    expect(await calendar.members('today', 'tuesday', 'tenOwn')).toEqual({
      ...{ today: 'rio', tuesday: 'first last', tenOwn: 'rio' },
    });
    // A year without the day.
    await moveTo('2029-02-27T22:59:59.999Z');
    expect(await days()).toEqual(on('', 'before leap'));
    await moveTo('2029-02-27T23:00:00Z');
    expect(await days()).toEqual(on('before leap', 'after before leap'));
    await moveTo('2029-02-28T23:00:00Z');
    expect(await days()).toEqual(on('after', 'after'));
  });
});
