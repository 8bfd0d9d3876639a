import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
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

/** Give the seed of a failed run to repeat its pauses. */
const SEED = Number(process.env['SEGUE_CRASH_SEED'] ?? randomInt(1_000_000));
const PAIRS = 60;
const KILLS = 5;
/** Within what a handful of unmerges takes, so that one is under way. */
const PAUSE_MS_MAX = 120;
const QUIET_DEADLINE_MS = 60_000;

let built: BuiltProgram;
let folder: DataFolder;
let server: KeptServer;
let api: ApiClient;
let audit: Audit;

interface Known {
  readonly id: string;
  readonly identifiers: readonly { kind: string; value: string }[];
  readonly traits: Readonly<Record<string, unknown>>;
}
interface Pair {
  readonly user: string;
  readonly device: string;
  readonly profileId: string;
  readonly mergeId: string;
  readonly fromProfileId: string;
}

async function say(batch: readonly object[]): Promise<void> {
  const response = await fetch(`${server.url}/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey: WRITE_KEY, batch }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`not taken: ${response.status} ${await response.text()}`);
}

async function becomeQuiet(): Promise<void> {
  await until(
    'the server is quiet',
    async () => {
      const { unprocessed, unarchived } = await audit.openWork();
      return unprocessed === 0 && unarchived === 0;
    },
    { timeoutMs: QUIET_DEADLINE_MS, seen: () => server.output().slice(-4_000) },
  );
}

const find = async (identifier: string): Promise<Known> =>
  (await api.get<{ items: Known[] }>(`/profiles?identifier=${identifier}`)).items[0]!;

/** Each customer and a device, every one with a past of its own, become one. */
async function mergePairs(): Promise<Pair[]> {
  const all = Array.from({ length: PAIRS }, (_, i) => ({ user: `user-${i}`, device: `device-${i}` }));
  const identify = (who: object, traits: object) => ({ type: 'identify', ...who, traits });
  await say(all.map(({ user }) => identify({ userId: user }, { plan: user })));
  await say(all.map(({ device }) => identify({ anonymousId: device }, { size: device })));
  await becomeQuiet();
  await say(all.map(({ user, device }) => ({ type: 'track', event: 'Logged In', userId: user, anonymousId: device })));
  await becomeQuiet();
  const pairs: Pair[] = [];
  for (const one of all) {
    const { id } = await find(`userId:${one.user}`);
    const { merges } = await api.get<{ merges: { id: string; fromProfileId: string }[] }>(`/profiles/${id}/identity`);
    pairs.push({ ...one, profileId: id, mergeId: merges[0]!.id, fromProfileId: merges[0]!.fromProfileId });
  }
  return pairs;
}

/** As a program of the shop would: until it is told that it is done, or was done already. */
async function unmerge(pair: Pair): Promise<void> {
  for (;;) {
    try {
      await api.post(`/profiles/${pair.profileId}/unmerge`, { merge: pair.mergeId });
      return;
    } catch (error) {
      if (String(error).includes('undone already')) return;
      await pause(50);
    }
  }
}

/** The two as they are at one time, though they are asked for one after the other: an unmerge between shows in the first. */
async function findBoth(pair: Pair): Promise<[Known, Known]> {
  const user = await find(`userId:${pair.user}`);
  const device = await find(`anonymousId:${pair.device}`);
  const isAsItWas = isDeepStrictEqual(user, await find(`userId:${pair.user}`));
  return isAsItWas ? [user, device] : findBoth(pair);
}

/** Either as before, or as after: never something between. */
async function judge(pair: Pair): Promise<'before' | 'after'> {
  const [user, device] = await findBoth(pair);
  const identifiers = (known: Known) => known.identifiers.map(({ value }) => value);
  if (user.id === device.id) {
    expect(identifiers(user)).toEqual([pair.user, pair.device]);
    expect(user.traits).toEqual({ plan: pair.user, size: pair.device });
    return 'before';
  }
  expect([user.id, device.id]).toEqual([pair.profileId, pair.fromProfileId]);
  expect([identifiers(user), identifiers(device)]).toEqual([[pair.user], [pair.device]]);
  expect([user.traits, device.traits]).toEqual([{ plan: pair.user }, { size: pair.device }]);
  return 'after';
}

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

test('kill -9 in the midst of an unmerge leaves the two merged or apart, each whole, and a repeat ends it', async () => {
  const pairs = await mergePairs();
  const random = seededRandom(SEED);
  const ending = unmergeAll(pairs);
  const seen: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await pause(random() * PAUSE_MS_MAX);
    await server.kill();
    await server.start();
    const sample = pairs.filter((_, i) => i % KILLS === kill);
    for (const pair of sample) seen.push(await judge(pair));
  }
  await ending;
  await audit.close();
  audit = openAudit(folder);
  await becomeQuiet();
  for (const pair of pairs) expect(await judge(pair)).toBe('after');
  expect(await audit.deadLetters()).toBe(0);
  const told = (await audit.archivedEvents()).filter(({ name }) => name === 'Profiles Unmerged');
  expect(told).toHaveLength(2 * PAIRS);
  process.stdout.write(
    `after kills: ${seen.filter((state) => state === 'before').length} of ${seen.length} still merged\n`,
  );
}, 240_000);

async function unmergeAll(pairs: readonly Pair[]): Promise<void> {
  const rest = [...pairs];
  const worker = async (): Promise<void> => {
    for (let pair = rest.pop(); pair !== undefined; pair = rest.pop()) await unmerge(pair);
  };
  await Promise.all([worker(), worker()]);
}
