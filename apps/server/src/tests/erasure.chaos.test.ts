import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEntry, PrivacyRequest } from '@segue/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type Audit, openAudit } from './testing/crash-audit.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { seededRandom } from './testing/random.ts';
import { API_KEY, WRITE_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

/** Give the seed of a failed run to repeat its pauses. */
const SEED = Number(process.env['SEGUE_CRASH_SEED'] ?? randomInt(1_000_000));
const CUSTOMERS = 20;
const KILLS = 4;
/** Within what a few erasures take, so that one is under way. */
const PAUSE_MS_MAX = 1_500;
const DEADLINE_MS = 60_000;
const HOUR_MS = 3_600_000;

let built: BuiltProgram;
let folder: DataFolder;
let server: KeptServer;
let api: ApiClient;
let audit: Audit;

interface Customer {
  readonly user: string;
  readonly device: string;
  readonly email: string;
}
interface Found {
  readonly id: string;
  readonly identifiers: readonly { kind: string; value: string }[];
  readonly traits: Readonly<Record<string, unknown>>;
}

const customers: readonly Customer[] = Array.from({ length: CUSTOMERS }, (_, i) => ({
  user: `user-${i}`,
  device: `device-${i}`,
  email: `customer-${i}@customer.example`,
}));
const leaving = customers.filter((_, i) => i % 2 === 0);
const staying = customers.filter((_, i) => i % 2 === 1);
/** What the history must hold of each who stays. */
const taken = new Map<string, number>();

/** As a program of the shop would: the same again until the answer says that it is taken. */
async function send(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  await until(
    `${path} is taken`,
    async () => {
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text}`);
      return true;
    },
    { timeoutMs: DEADLINE_MS, seen: () => server.output().slice(-2_000) },
  );
}

async function say(batch: readonly { readonly userId: string }[]): Promise<void> {
  await send('/v1/batch', { writeKey: WRITE_KEY, batch });
  for (const { userId } of batch) taken.set(userId, (taken.get(userId) ?? 0) + 1);
}

const ask = ({ user }: Customer): Promise<void> =>
  send(
    '/api/v1/privacy/requests',
    { kind: 'erase', identifier: { kind: 'userId', value: user } },
    { authorization: `Bearer ${API_KEY}`, 'idempotency-key': `erase-${user}` },
  );

const viewed = ({ user, device }: Customer, round: number) => ({
  type: 'track',
  event: 'Product Viewed',
  userId: user,
  anonymousId: device,
  messageId: `${user}-viewed-${round}`,
  properties: { round },
});

/** Held up on her phone since before she asked: it is no new sign-up. */
const identified = ({ user, device, email }: Customer, said: { messageId: string; atMs: number }) => ({
  type: 'identify',
  userId: user,
  anonymousId: device,
  messageId: said.messageId,
  timestamp: new Date(said.atMs).toISOString(),
  traits: { email, plan: user },
});

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

const find = async (identifier: string): Promise<Found[]> =>
  (await api.get<{ items: Found[] }>(`/profiles?identifier=${encodeURIComponent(identifier)}`)).items;
const identifiersOf = ({ user, device, email }: Customer): string[] => [
  `userId:${user}`,
  `anonymousId:${device}`,
  `email:${email}`,
];

/** Sends on, of everybody, until it is told to end; answers how many rounds that were. */
async function keepTalking(nowMs: number, isOver: () => boolean): Promise<number> {
  let round = 1;
  for (; !isOver(); round++) {
    await say(customers.map((one) => viewed(one, round)));
    const messageId = (user: string) => `${user}-late-${round}`;
    await say(leaving.map((one) => identified(one, { messageId: messageId(one.user), atMs: nowMs - HOUR_MS })));
    await pause(50);
  }
  return round;
}

async function killAndStart(): Promise<PrivacyRequest[]> {
  await server.kill();
  await server.start();
  await audit.close();
  audit = openAudit(folder);
  const requests = await api.list<PrivacyRequest>('/privacy/requests');
  await audit.endRequestLeases();
  return requests;
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

test('kill -9 in the midst of erasures leaves nobody half erased, brings nobody back and touches nobody else', async () => {
  const nowMs = Date.now();
  await say(customers.map((one) => identified(one, { messageId: `${one.user}-first`, atMs: nowMs - 2 * HOUR_MS })));
  await say(customers.map((one) => viewed(one, 0)));
  await becomeQuiet();
  const before = new Map<string, Found>();
  for (const { user } of customers) before.set(user, (await find(`userId:${user}`))[0]!);
  const filed = new Set((await audit.archivedEvents()).map(({ node }) => node));

  const random = seededRandom(SEED);
  let isOver = false;
  const talk = keepTalking(nowMs, () => isOver);
  const asking = Promise.all(leaving.map(ask));
  const seen: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await pause(random() * PAUSE_MS_MAX);
    const requests = await killAndStart();
    const count = (state: string) => requests.filter((request) => request.state === state).length;
    seen.push(`${count('received')} received, ${count('running')} running, ${count('done')} done`);
  }
  await asking;
  const requests = await until(
    'every request is done',
    async () => {
      const all = await api.list<PrivacyRequest>('/privacy/requests');
      return all.every(({ state }) => state === 'done') && all;
    },
    { timeoutMs: DEADLINE_MS, seen: () => server.output().slice(-4_000) },
  ).finally(() => (isOver = true));
  const rounds = await talk;
  const late = (user: string) => ({ messageId: `${user}-last`, atMs: nowMs - HOUR_MS });
  await say(leaving.flatMap((one) => [viewed(one, rounds), identified(one, late(one.user))]));
  await becomeQuiet();
  process.stdout.write(`after kills: ${seen.join('; ')}; ${rounds} rounds of events\n`);

  expect(requests.map(({ outcome }) => outcome)).toEqual(leaving.map(() => 'done'));
  const receipts = await api.list<AuditEntry>('/audit?action=privacy_request.done');
  expect(receipts.map(({ subject }) => subject).toSorted()).toEqual(requests.map(({ id }) => id).toSorted());
  // Whoever was killed in between, the receipt says what it was.
  const counted = receipts.map(({ detail }) => (detail as { counts: Readonly<Record<string, number>> }).counts);
  expect(counted.map(({ identifiers }) => identifiers)).toEqual(leaving.map(() => 3));
  await judgeErased(before, filed);
  for (const one of staying) await judgeUntouched(one, before.get(one.user)!);
  expect(await audit.deadLetters()).toBe(0);
}, 240_000);

async function judgeErased(before: ReadonlyMap<string, Found>, filed: ReadonlySet<number>): Promise<void> {
  for (const one of leaving) {
    for (const identifier of identifiersOf(one)) expect([identifier, await find(identifier)]).toEqual([identifier, []]);
    await expect(api.get(`/profiles/${before.get(one.user)!.id}`)).rejects.toThrow('404');
  }
  const { nodes, rows } = await audit.erased();
  expect(nodes.size).toBe(leaving.length * 3);
  // Whoever left had rows: none of them is left.
  expect([...filed].filter((node) => nodes.has(node)).length).toBeGreaterThanOrEqual(leaving.length);
  expect(rows).toBe(0);
  const spokenBy = new Set((await audit.archivedEvents()).map(({ message_id }) => message_id.split('-', 2).join('-')));
  expect(customers.filter(({ user }) => spokenBy.has(user))).toEqual(staying);
}

async function judgeUntouched(one: Customer, was: Found): Promise<void> {
  for (const identifier of identifiersOf(one)) {
    const [is] = await find(identifier);
    expect([is?.id, is?.identifiers, is?.traits]).toEqual([was.id, was.identifiers, was.traits]);
  }
  const timeline = await api.list<{ id: string }>(`/profiles/${was.id}/timeline`);
  const told = timeline.filter(({ id }) => id.startsWith(`${one.user}-`));
  expect(told).toHaveLength(taken.get(one.user)!);
}
