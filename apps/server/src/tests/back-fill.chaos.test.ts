import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Profile, Segment, SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type Audit, openAudit } from './testing/crash-audit.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { seededRandom } from './testing/random.ts';
import { WRITE_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

/** Give the seed of a failed run to repeat its pauses and its events. */
const SEED = Number(process.env['SEGUE_CRASH_SEED'] ?? randomInt(1_000_000));
const CUSTOMERS = 900;
const KILLS = 4;
/** Within what a back-fill takes, so that one is under way. */
const PAUSE_MS_MAX = 1_500;
const DEADLINE_MS = 60_000;
const ENOUGH = 3;

let built: BuiltProgram;
let folder: DataFolder;
let server: KeptServer;
let api: ApiClient;
let audit: Audit;

const users = Array.from({ length: CUSTOMERS }, (_, i) => `user-${i}`);
/** What was said, and is in the history. */
const orders = new Map<string, number>(users.map((user) => [user, 0]));
const basic = new Set<string>();

const ENTITLED: SegmentRule[] = [
  { event: 'Order', count: { atLeast: ENOUGH } },
  { not: { trait: 'plan', op: 'equals', value: 'basic' } },
];
/** Whoever ordered enough and is on no basic plan. History answers it. */
const BY_HISTORY: SegmentRule = { all: ENTITLED };
/** The same, in words that only a look at each profile answers. */
const BY_LOOKS: SegmentRule = {
  all: [...ENTITLED, { not: { trait: 'born', op: 'withinLast', value: { days: 1 } } }],
};
const isEntitled = (user: string): boolean => orders.get(user)! >= ENOUGH && !basic.has(user);

interface Said {
  readonly type: string;
  readonly userId: string;
  readonly messageId: string;
}

/** As a program of the shop would: the same again until the answer says that it is taken. */
async function say(batch: readonly Said[]): Promise<void> {
  await until(
    'events are taken',
    async () => {
      const response = await fetch(`${server.url}/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ writeKey: WRITE_KEY, batch }),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text}`);
      return true;
    },
    { timeoutMs: DEADLINE_MS, seen: () => server.output().slice(-2_000) },
  );
}

function order(userId: string) {
  const count = orders.get(userId)! + 1;
  orders.set(userId, count);
  return { type: 'track', event: 'Order', userId, messageId: `${userId}-order-${count}` };
}

function becomeBasic(userId: string) {
  basic.add(userId);
  return { type: 'identify', userId, messageId: `${userId}-basic`, traits: { plan: 'basic' } };
}

async function becomeQuiet(): Promise<void> {
  await until(
    'the server is quiet',
    async () => {
      const { unprocessed, unarchived } = await audit.openWork();
      return unprocessed === 0 && unarchived === 0;
    },
    { timeoutMs: DEADLINE_MS, seen: () => server.output().slice(-4_000) },
  );
}

/** Orders, and turns to the basic plan, of customers drawn by lots, until it is told to end. */
async function keepOrdering(random: () => number, isOver: () => boolean): Promise<void> {
  const drawn = (): string => users[Math.floor(random() * CUSTOMERS)]!;
  while (!isOver()) {
    const batch: Said[] = Array.from({ length: 12 }, () => order(drawn()));
    const leaving = drawn();
    if (!basic.has(leaving)) batch.push(becomeBasic(leaving));
    await say(batch);
    await pause(20);
  }
}

const areLive = async (): Promise<boolean> =>
  (await api.list<Segment>('/segments')).every(({ status }) => status === 'live');

const isBeyondFilling = async (): Promise<boolean> => {
  const statuses = (await api.list<Segment>('/segments')).map(({ status }) => status);
  return statuses.includes('sweeping') || !statuses.includes('filling');
};

beforeAll(async () => {
  process.stdout.write(`crash test: SEGUE_CRASH_SEED=${SEED}\n`);
  built = await buildServer();
  folder = makeDataFolder();
  server = await keepServer({ command: [built.script], dataDir: folder.path, port: await freePort() });
  api = createApiClient(server.url);
  audit = openAudit(folder);
}, 120_000);

afterAll(async () => {
  await audit?.close();
  await server?.stop();
  folder?.remove();
  built?.remove();
}, 60_000);

test('kill -9 in the midst of back-fills while events stream leaves every member in, nobody else, each flip told once', async () => {
  await say(users.flatMap((user, i) => Array.from({ length: i % (ENOUGH + 2) }, () => order(user))));
  await becomeQuiet();
  const random = seededRandom(SEED);
  let isOver = false;
  const talk = keepOrdering(seededRandom(SEED + 1), () => isOver);
  const seen: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    // Those of the last round may still be under way.
    await api.post('/segments', { name: `history ${kill}`, rule: BY_HISTORY });
    await api.post('/segments', { name: `looks ${kill}`, rule: BY_LOOKS });
    // Every other time when history is counted and the looks have begun.
    if (kill % 2 === 1) await until('a sweep has begun', isBeyondFilling, { timeoutMs: DEADLINE_MS });
    await pause(random() * (kill % 2 === 1 ? 100 : PAUSE_MS_MAX));
    await server.kill();
    await audit.close();
    await server.start();
    audit = openAudit(folder);
    const statuses = (await api.list<Segment>('/segments')).map(({ status }) => status);
    seen.push(
      ['filling', 'sweeping', 'live'].map((one) => statuses.filter((status) => status === one).length).join('/'),
    );
  }
  await until('every segment is live', areLive, { timeoutMs: DEADLINE_MS, seen: () => server.output().slice(-4_000) });
  isOver = true;
  await talk;
  // Whoever enters or leaves from here on is told of.
  await becomeQuiet();
  const before = new Set(users.filter(isEntitled));
  await say(users.filter((_, i) => i % 3 === 0).map(order));
  await say(users.filter((user, i) => i % 5 === 0 && !basic.has(user)).map(becomeBasic));
  await becomeQuiet();
  process.stdout.write(`filling/sweeping/live after kills: ${seen.join(', ')}\n`);
  await judge(before);
}, 240_000);

async function judge(before: ReadonlySet<string>): Promise<void> {
  const userOf = new Map<string, string>();
  for (const { id, identifiers } of await api.list<Profile>('/profiles')) userOf.set(id, identifiers[0]!.value);
  expect(userOf.size).toBe(CUSTOMERS);
  const expected = users.filter(isEntitled).toSorted();
  const flips = await readFlips();
  const segments = await api.list<Segment>('/segments');
  expect(segments).toHaveLength(2 * KILLS);
  for (const { id, name } of segments) {
    const members = await api.list<{ profileId: string; cause: string }>(`/segments/${id}/members`);
    expect([name, members.map(({ profileId }) => userOf.get(profileId)).toSorted()]).toEqual([name, expected]);
    const causes = new Map(members.map(({ profileId, cause }) => [userOf.get(profileId)!, cause]));
    for (const user of users) {
      const told = flips.get(`${id} ${user}`) ?? [];
      const cause = causes.get(user);
      // Nobody comes back to a segment she left: she was in it before, or entered it once, and left it once at most.
      const right =
        cause === undefined
          ? [[], ['Segment Left'], ['Segment Entered', 'Segment Left']]
          : [cause === 'already_in' ? [] : ['Segment Entered']];
      expect(right, `${user} in ${name}, ${cause ?? 'out'}`).toContainEqual(told);
      if (before.has(user) && cause === undefined) expect(told.at(-1)).toBe('Segment Left');
      if (!before.has(user) && cause !== undefined) expect(told).toEqual(['Segment Entered']);
    }
  }
  expect(await audit.deadLetters()).toBe(0);
}

/** What was told of each customer and segment, in the order it happened. */
async function readFlips(): Promise<Map<string, string[]>> {
  const events = await audit.archivedEvents();
  const userAt = new Map<number, string>();
  for (const { node, message_id } of events) {
    const user = /^user-\d+/.exec(message_id)?.[0];
    if (user !== undefined) userAt.set(node, user);
  }
  const flips = new Map<string, string[]>();
  for (const { node, name, payload } of events) {
    if (name !== 'Segment Entered' && name !== 'Segment Left') continue;
    const { properties } = JSON.parse(payload) as { properties: { segment_id: string } };
    const key = `${properties.segment_id} ${userAt.get(node)}`;
    flips.set(key, [...(flips.get(key) ?? []), name]);
  }
  return flips;
}
