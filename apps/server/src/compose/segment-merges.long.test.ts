import type { Answers, Profile, SegmentPreview, SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPrivacyRequests } from '../modules/privacy/index.ts';
import type { Json, JsonObject } from '../platform/json.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { fillSegments } from './testing/fill-segments.ts';
import { type LanguageShop, type LanguageWorld, openLanguageWorld } from './testing/language-world.ts';
import { findProfile, tellShop } from './testing/tell-shop.ts';

const HOUR = 3_600_000;

let world: LanguageWorld;
beforeAll(async () => {
  world = await openLanguageWorld();
}, 60_000);
afterAll(() => world.close());

const RULES: Readonly<Record<string, SegmentRule>> = {
  twice: { event: 'Bought', count: { atLeast: 2 } },
  rich: { event: 'Bought', aggregate: { function: 'sum', property: 'total', op: 'atLeast', value: 100 } },
  never: { event: 'Bought', count: { exactly: 0 } },
  firstSmall: { event: 'Bought', pick: 'first', having: [{ property: 'total', op: 'lessThan', value: 50 }] },
  lastSmall: { event: 'Bought', pick: 'last', having: [{ property: 'total', op: 'lessThan', value: 50 }] },
  looked: { sequence: [{ event: 'Looked' }, { event: 'Bought', within: { hours: 2 } }] },
  gold: { trait: 'plan', op: 'equals', value: 'gold' },
  notGold: { trait: 'plan', op: 'notEquals', value: 'gold' },
  held: { trait: 'plan', op: 'held', value: 'gold', for: { atLeast: { hours: 20 } } },
  computed: { trait: 'spent', op: 'between', value: [60, 150] },
  loyal: { lifecycle: ['active', 'loyal'] },
  reachable: { reachable: { channel: 'email' } },
  phoneless: { not: { reachable: { channel: 'sms' } } },
};
const TRAITS: Readonly<Record<string, JsonObject>> = {
  orders: { function: 'count', event: 'Bought' },
  spent: { function: 'sum', event: 'Bought', property: 'total' },
  first_total: { function: 'first', event: 'Bought', property: 'total' },
  last_total: { function: 'last', event: 'Bought', property: 'total' },
  shops: { function: 'distinct', event: 'Bought', property: 'shop' },
};

/** Names of segments a profile is in, by who says it. */
interface Read {
  readonly members: string;
  readonly listed: string;
  readonly previewed: string;
  readonly exported: string;
  readonly answered: string;
  readonly computed: Readonly<Record<string, Json>>;
}

/** Everybody says the same. */
const agreed = (segments: string, computed: Read['computed']): Read => ({
  ...{ members: segments, listed: segments, previewed: segments, exported: segments, answered: segments, computed },
});

/** Who is restricted stays where she was; nothing else speaks of her segments. */
const withheld = ({ members, computed }: Read): Read => ({
  ...{ members, listed: members, previewed: '', exported: '', answered: '', computed },
});

class Shop {
  readonly shop: LanguageShop;
  readonly #segments = new Map<string, { id: string; rule: SegmentRule }>();
  listId = '';

  constructor(shop: LanguageShop) {
    this.shop = shop;
  }

  async open(): Promise<void> {
    const { shop } = this;
    for (const [name, rule] of Object.entries(TRAITS)) await shop.call('createComputedTrait', { body: { name, rule } });
    const settings = await shop.call<JsonObject>('getLifecycle');
    await shop.call('updateLifecycle', { body: { ...settings, order: { event: 'Bought' }, loyalOrders: 3 } });
    this.listId = (await shop.call<{ id: string }>('createList', { body: { name: 'VIP' } })).id;
    const define = async (name: string, rule: SegmentRule): Promise<string> => {
      const id = await shop.define(name, rule);
      this.#segments.set(name, { id, rule });
      return id;
    };
    for (const [name, rule] of Object.entries(RULES)) await define(name, rule);
    await define('listed', { list: this.listId });
    const [twice, gold] = [this.#segments.get('twice')!, this.#segments.get('gold')!];
    await define('both', { all: [{ segment: twice.id }, { segment: gold.id }] });
    await fillSegments(world.api.services);
  }

  async settle(): Promise<void> {
    await world.api.settle();
    await this.shop.settle();
  }

  async unmerge(profileId: string): Promise<object> {
    const params = { id: profileId };
    const { merges } = await this.shop.call<{ merges: { id: string }[] }>('getProfileIdentity', { params });
    const apart = await this.shop.call<object>('unmergeProfiles', { params, body: { merge: merges[0]!.id } });
    await this.settle();
    return apart;
  }

  /** A privacy request of whoever an identifier leads to, done to its end. */
  async request(kind: 'restrict' | 'unrestrict', identifier: { kind: string; value: string }): Promise<void> {
    await this.shop.call('createPrivacyRequest', { body: { kind, identifier, regulation: 'gdpr' } });
    const work = createRequestWork(createProfileReshaper(world.api.services));
    while ((await runPrivacyRequests(world.api.services, work)) > 0);
    await this.settle();
  }

  /** What each part of the product says of profiles. */
  async read(...profileIds: readonly string[]): Promise<Read[]> {
    const said: { by: string; name: string; of: readonly string[] }[] = [];
    const computed = new Map<string, Read['computed']>();
    for (const id of profileIds) computed.set(id, await this.#computedOf(id));
    for (const [name, { id, rule }] of this.#segments) {
      const { sample } = await this.shop.call<SegmentPreview>('previewSegment', { body: { rule } });
      const members = await this.shop.memberRows(id);
      const rows = await this.#exported(id);
      for (const { profileId, traits } of rows) expect(traits).toMatchObject(computed.get(profileId) ?? {});
      said.push({ by: 'previewed', name, of: sample });
      said.push({ by: 'members', name, of: members.map((row) => row.profileId) });
      said.push({ by: 'exported', name, of: rows.map((row) => row.profileId) });
    }
    for (const id of profileIds) {
      const params = { id };
      const { segments } = await this.shop.call<Answers>('getAnswers', { params });
      const query = { limit: '100' };
      const { items } = await this.shop.call<{ items: { name: string }[] }>('listProfileSegments', { params, query });
      said.push(...(segments ?? []).map(({ name }) => ({ by: 'answered', name, of: [id] })));
      said.push(...items.map(({ name }) => ({ by: 'listed', name, of: [id] })));
    }
    const namesBy = (by: string, id: string) =>
      said
        .flatMap((one) => (one.by === by && one.of.includes(id) ? [one.name] : []))
        .sort()
        .join(' ');
    return profileIds.map((id) => ({
      ...{ members: namesBy('members', id), listed: namesBy('listed', id), previewed: namesBy('previewed', id) },
      ...{ exported: namesBy('exported', id), answered: namesBy('answered', id), computed: computed.get(id)! },
    }));
  }

  async #computedOf(profileId: string): Promise<Read['computed']> {
    const { traits, computedTraits } = await this.shop.call<Profile>('getProfile', { params: { id: profileId } });
    return Object.fromEntries(computedTraits.map((name) => [name, traits[name]!]));
  }

  async #exported(segment: string): Promise<{ profileId: string; traits: JsonObject }[]> {
    const body = { what: 'segment', segment, format: 'ndjson' };
    const { id } = await this.shop.call<{ id: string }>('createExport', { body });
    const { text } = await world.api.ask('getExportFile', this.shop.keys.apiKey, { params: { id } });
    return text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as never)));
  }
}

const bought = (who: JsonObject, agoHours: number, total: number, shop: string): JsonObject => ({
  ...{ event: 'Bought', properties: { total, shop }, ...who },
  timestamp: new Date(world.clock.now() - agoHours * HOUR).toISOString(),
});

const BEFORE: readonly Read[] = [
  agreed('computed notGold phoneless reachable', {
    ...{ orders: 1, spent: 80, first_total: 80, last_total: 80, shops: 1, lifecycle_stage: 'first_time' },
  }),
  agreed('firstSmall gold held lastSmall listed phoneless', {
    ...{ orders: 1, spent: 30, first_total: 30, last_total: 30, shops: 1, lifecycle_stage: 'first_time' },
  }),
];
const MERGED = agreed('both computed firstSmall gold held listed looked loyal phoneless reachable rich twice', {
  ...{ orders: 2, spent: 110, first_total: 30, last_total: 80, shops: 2, lifecycle_stage: 'active' },
});

describe('two profiles that become one', () => {
  let serial = 0;
  /** A customer, and somebody on a device of whom nobody knows that it is hers. */
  async function furnish(name: string) {
    const own = new Shop(await world.addShop(name));
    await own.open();
    const [userId, device] = [`user-${++serial}`, { anonymousId: `device-${serial}` }];
    const said = (who: JsonObject, agoHours: number, traits: JsonObject): JsonObject => ({
      ...{ type: 'identify', traits, ...who },
      timestamp: new Date(world.clock.now() - agoHours * HOUR).toISOString(),
    });
    await tellShop(
      world,
      own.shop,
      said({ userId }, 30, { email: `${userId}@customer.example`, plan: 'silver' }),
      bought({ userId }, 10, 80, 'Bern'),
      said(device, 24, { plan: 'gold' }),
      bought(device, 12, 30, 'Basel'),
      { event: 'Looked', ...device, timestamp: new Date(world.clock.now() - 11 * HOUR).toISOString() },
    );
    const ada = (await findProfile(own.shop, `userId:${userId}`)).id;
    const other = (await findProfile(own.shop, `anonymousId:${device.anonymousId}`)).id;
    await own.shop.call('addListMembers', { params: { id: own.listId }, body: { profileIds: [other] } });
    await own.settle();
    return { own, userId, device, ada, other };
  }

  it.each(['by a member', 'by an event'] as const)(
    'are told the same everywhere, before, as one (%s), and parted again',
    async (how) => {
      const { own, userId, device, ada, other } = await furnish(`Merged ${how}`);
      expect(await own.read(ada, other)).toEqual(BEFORE);
      if (how === 'by a member') await own.shop.call('mergeProfiles', { params: { id: ada }, body: { with: other } });
      else await tellShop(world, own.shop, { event: 'Signed In', userId, ...device });
      await own.settle();
      const one = (await findProfile(own.shop, `userId:${userId}`)).id;
      expect(await own.read(one)).toEqual([MERGED]);
      const apart = await own.unmerge(one);
      expect(new Set(Object.values(apart))).toEqual(new Set([ada, other]));
      expect(await own.read(ada, other)).toEqual(BEFORE);
    },
    300_000,
  );

  it.each(['the one that remains', 'the one that goes'] as const)(
    'and of whom %s is restricted stay where they were, unspoken of, until that is lifted; then all is as if it never was',
    async (who) => {
      const { own, userId, device, ada, other } = await furnish(`Restricted ${who}`);
      const user = { kind: 'userId', value: userId };
      const phone = { kind: 'anonymousId', value: device.anonymousId };
      const isGoing = who === 'the one that goes';
      const [hers, theirs] = BEFORE as [Read, Read];
      await own.request('restrict', isGoing ? phone : user);
      expect(await own.read(ada, other)).toEqual(isGoing ? [hers, withheld(theirs)] : [withheld(hers), theirs]);
      await own.shop.call('mergeProfiles', { params: { id: ada }, body: { with: other } });
      await own.settle();
      expect(await own.read(ada)).toEqual([withheld(hers)]);
      await own.request('unrestrict', user);
      expect(await own.read(ada)).toEqual([MERGED]);
      // Whoever was part of a restricted customer meant herself as well.
      await own.request('restrict', phone);
      await own.unmerge(ada);
      expect(await own.read(ada, other)).toEqual([
        withheld({ ...hers, members: MERGED.members }),
        withheld({ ...theirs, members: '' }),
      ]);
      await own.request('unrestrict', user);
      await own.request('unrestrict', phone);
      expect(await own.read(ada, other)).toEqual(BEFORE);
    },
    300_000,
  );
});
