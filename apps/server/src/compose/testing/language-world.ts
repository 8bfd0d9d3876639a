import { createHash } from 'node:crypto';
import type { JsonObject } from '../../platform/json.ts';
import type { SegmentRule } from '@segue/contract';
import { runBackFills, runDueWakes } from '../../modules/segments/index.ts';
import { createTestClock, type TestClock } from '../../testkit/index.ts';
import { type ApiWorld, type Keys, NOW, openApiWorld } from './api-world.ts';

/** What somebody did or said; `agoMs` before the clock of the test begins. */
export interface Happened {
  readonly event?: string;
  readonly type?: 'track' | 'page' | 'screen' | 'identify' | 'group';
  readonly agoMs: number;
  readonly properties?: JsonObject;
  readonly traits?: JsonObject;
  readonly context?: JsonObject;
  readonly groupId?: string;
}

/** People of their own, what they do, and which of them each rule holds for at which instants. */
export interface LanguageCase {
  readonly title: string;
  readonly people: Readonly<Record<string, readonly Happened[]>>;
  /** Each: the rule, and its members by how long after the beginning. */
  readonly asked: readonly (readonly [
    rule: SegmentRule,
    members: readonly (readonly [afterMs: number, names: string])[],
  ])[];
}

/** A shop with its people, which answers only by HTTP. Its clock moves when it is told to. */
export class LanguageShop {
  readonly keys: Keys;
  readonly #world: ApiWorld;
  #profiles = new Map<string, string>();

  constructor(world: ApiWorld, keys: Keys) {
    this.#world = world;
    this.keys = keys;
  }

  async call<T>(id: Parameters<ApiWorld['ask']>[0], example: Parameters<ApiWorld['ask']>[2] = {}): Promise<T> {
    const answer = await this.#world.ask(id, this.keys.apiKey, example);
    if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
    return (answer.text === '' ? undefined : answer.json()) as T;
  }

  async define(name: string, rule: SegmentRule): Promise<string> {
    return (await this.call<{ id: string }>('createSegment', { body: { name, rule } })).id;
  }

  /** In an order that has nothing to do with time where `isShuffled`, and every event twice. */
  async send(cases: readonly LanguageCase[], { isShuffled }: { isShuffled: boolean }): Promise<void> {
    const items = cases.flatMap(({ title, people }) =>
      Object.entries(people).flatMap(([name, events]) =>
        events.map((happened, index) => itemOf(userOf(title, name), index, happened)),
      ),
    );
    const ordered = isShuffled
      ? items.toSorted((a, b) => (digest(a.messageId) < digest(b.messageId) ? -1 : 1))
      : items.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
    const sent = isShuffled ? [...ordered, ...ordered.toReversed()] : ordered;
    for (let from = 0; from < sent.length; from += 100) {
      const payload = { writeKey: this.keys.writeKey, batch: sent.slice(from, from + 100) };
      const response = await this.#world.app.inject({ method: 'POST', url: '/v1/batch', payload });
      if (response.statusCode !== 200) throw new Error(`not taken: ${response.body}`);
    }
    await this.#world.settle();
    await this.#meet(cases);
  }

  /** Has done what is due because something changed beside events. */
  async settle(): Promise<void> {
    while ((await runDueWakes(this.#world.services)) > 0);
    await this.#world.settle();
  }

  /** How often she was told of entering and leaving the segment, and why. */
  async told(segmentId: string, profileId: string): Promise<string[]> {
    const { items } = await this.call<{ items: { name: string; properties: Record<string, unknown> }[] }>(
      'listProfileTimeline',
      {
        params: { id: profileId },
        query: { limit: '200' },
      },
    );
    return items
      .filter(({ name, properties }) => name.startsWith('Segment ') && properties['segment_id'] === segmentId)
      .map(({ name, properties }) => `${name}: ${String(properties['cause'])}`)
      .toReversed();
  }

  async #meet(cases: readonly LanguageCase[]): Promise<void> {
    for (const { title, people } of cases) {
      for (const name of Object.keys(people)) {
        const query = { identifier: `userId:${userOf(title, name)}` };
        const { items } = await this.call<{ items: { id: string }[] }>('listProfiles', { query });
        this.#profiles.set(items[0]!.id, `${title}/${name}`);
      }
    }
  }

  userOf(title: string, name: string): string {
    return userOf(title, name);
  }

  profileId(title: string, name: string): string {
    const found = [...this.#profiles].find(([, known]) => known === `${title}/${name}`);
    if (found === undefined) throw new Error(`nobody is ${name}`);
    return found[0];
  }

  /** Until every segment is live and no rule is on its way. */
  async fill(): Promise<void> {
    const givenUpAt = performance.now() + 300_000;
    while (performance.now() < givenUpAt) {
      await runBackFills(this.#world.services);
      await this.#world.settle();
      const { items } = await this.call<{ items: { status: string; change: unknown }[] }>('listSegments', {
        query: { limit: '500' },
      });
      if (items.every(({ status, change }) => status === 'live' && change === null)) return;
    }
    throw new Error('the segments were not live in time');
  }

  /** Names of the case's people who are in the segment, in the order of the alphabet. */
  async members(segmentId: string, title: string): Promise<string> {
    const members = await this.memberRows(segmentId);
    const known = members.flatMap(({ profileId }) => this.#profiles.get(profileId) ?? []);
    return known
      .filter((name) => name.startsWith(`${title}/`))
      .map((name) => name.slice(title.length + 1))
      .sort()
      .join(' ');
  }

  async memberRows(segmentId: string): Promise<{ profileId: string; cause: string; enteredAt: string }[]> {
    const rows: { profileId: string; cause: string; enteredAt: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = { limit: '500', ...(cursor !== '' && { cursor }) };
      const page: { items: typeof rows; nextCursor: string | null } = await this.call('listSegmentMembers', {
        params: { id: segmentId },
        query,
      });
      rows.push(...page.items);
      cursor = page.nextCursor;
    }
    return rows;
  }
}

export interface LanguageWorld {
  readonly api: ApiWorld;
  readonly clock: TestClock;
  addShop(name: string): Promise<LanguageShop>;
  /** Moves the clock to so long after the beginning, and has everything done that is due then. */
  moveTo(afterMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function openLanguageWorld(): Promise<LanguageWorld> {
  const clock = createTestClock(NOW);
  const api = await openApiWorld({ clock });
  return {
    api,
    clock,
    async addShop(name) {
      const keys = await api.addWorkspace(name);
      // What the shop's own server says of addresses is true.
      const made = await api.ask('createSource', keys.apiKey, { body: { name: 'Till', kind: 'server' } });
      if (made.status >= 300) throw new Error(`no source: ${made.status} ${made.text} ${api.faults.join(' ')}`);
      const { writeKey } = made.json<{ writeKey: { key: string } }>();
      const shop = new LanguageShop(api, { ...keys, writeKey: writeKey.key });
      await shop.call('updateWorkspace', { body: { timeZone: 'Europe/Berlin' } });
      return shop;
    },
    async moveTo(afterMs) {
      clock.advance(NOW + afterMs - clock.now());
      while ((await runDueWakes(api.services)) > 0);
      await api.settle();
    },
    close: () => api.close(),
  };
}

function userOf(title: string, name: string): string {
  return `${digest(title).slice(0, 8)}-${name}`;
}

function itemOf(userId: string, index: number, happened: Happened) {
  const { event, type = 'track', agoMs, ...said } = happened;
  const named = event === undefined ? {} : type === 'track' ? { event } : { name: event };
  return {
    type,
    ...named,
    ...said,
    userId,
    messageId: `${userId}-${index}`,
    timestamp: new Date(NOW - agoMs).toISOString(),
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
