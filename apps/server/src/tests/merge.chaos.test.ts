import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type Audit, openAudit } from './testing/crash-audit.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { seededRandom, shuffle } from './testing/random.ts';
import { WRITE_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

/** Give the seed of a failed run to repeat its load and its pauses. */
const SEED = Number(process.env['SEGUE_CRASH_SEED'] ?? randomInt(1_000_000));
const CUSTOMERS = 150;
const KILLS = 6;
const BATCH = 25;
const PAUSE_MS_MAX = 250;
const QUIET_DEADLINE_MS = 60_000;

/** A server and what it holds. */
interface Shop {
  readonly folder: DataFolder;
  readonly server: KeptServer;
  readonly api: ApiClient;
}

let built: BuiltProgram;
const shops: Shop[] = [];
const calledOff = new AbortController();

async function openShop(): Promise<Shop> {
  const folder = makeDataFolder();
  const server = await keepServer({ command: [built.script], dataDir: folder.path, port: await freePort() });
  const shop = { folder, server, api: createApiClient(server.url) };
  shops.push(shop);
  return shop;
}

beforeAll(async () => {
  process.stdout.write(`crash test: SEGUE_CRASH_SEED=${SEED}\n`);
  built = await buildServer();
}, 120_000);

afterAll(async () => {
  calledOff.abort();
  for (const { server, folder } of shops) {
    await server.stop();
    folder.remove();
  }
  built?.remove();
}, 60_000);

/** Everybody on four devices that become one by and by: some in a row, some all at once, all in a mixed order. */
function makeEvents(random: () => number): object[] {
  const event = (n: number, i: number, who: object) => ({
    type: 'track',
    event: 'Seen',
    messageId: `seen-${n}-${i}`,
    ...who,
  });
  const card = (n: number) => ({ context: { externalIds: [{ type: 'loyaltyId', id: `card-${n}` }] } });
  const events = Array.from({ length: CUSTOMERS }, (_, n) =>
    [
      { anonymousId: `phone-${n}` },
      { anonymousId: `laptop-${n}` },
      { anonymousId: `tablet-${n}`, ...card(n) },
      { anonymousId: `phone-${n}`, ...card(n) },
      { userId: `user-${n}`, anonymousId: `laptop-${n}` },
      { userId: `user-${n}`, ...card(n) },
    ].map((who, i) => event(n, i, who)),
  ).flat();
  return shuffle(events, random);
}

/** As any client: again until it is taken. */
async function say({ server }: Shop, batch: readonly object[]): Promise<void> {
  for (;;) {
    calledOff.signal.throwIfAborted();
    try {
      const response = await fetch(`${server.url}/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ writeKey: WRITE_KEY, batch }),
        signal: AbortSignal.timeout(10_000),
      });
      if (response.ok) return;
    } catch {
      // It was killed.
    }
    await pause(20);
  }
}

async function sayAll(shop: Shop, events: readonly object[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, i) =>
    events.slice(i * BATCH, (i + 1) * BATCH),
  );
  for (const batch of batches) {
    await say(shop, batch);
    await pause(40);
  }
}

async function withAudit<T>({ folder }: Shop, look: (audit: Audit) => Promise<T>): Promise<T> {
  const audit = openAudit(folder);
  try {
    return await look(audit);
  } finally {
    await audit.close();
  }
}

const becomeQuiet = (shop: Shop) =>
  withAudit(shop, (audit) =>
    until(
      'the server is quiet',
      async () => {
        const { unprocessed, unarchived } = await audit.openWork();
        return unprocessed === 0 && unarchived === 0;
      },
      { timeoutMs: QUIET_DEADLINE_MS, seen: () => shop.server.output().slice(-4_000) },
    ),
  );

/** Which identifiers are together, and how much was seen of each customer. */
async function graphOf({ api }: Shop): Promise<string[]> {
  const found: string[] = [];
  for (const { id, identifiers } of await api.list<Customer>('/profiles')) {
    const timeline = await api.list<{ name: string }>(`/profiles/${id}/timeline`);
    const seen = timeline.filter(({ name }) => name === 'Seen').length;
    const held = identifiers.map(({ kind, value }) => `${kind}:${value}`).sort();
    found.push(`${held.join(' ')} seen ${seen} times`);
  }
  return found.sort();
}
interface Customer {
  readonly id: string;
  readonly identifiers: readonly { kind: string; value: string }[];
}

test('kill -9 in the midst of merges leaves the same customers as if nothing had happened', async () => {
  const random = seededRandom(SEED);
  const events = makeEvents(random);
  const undisturbed = await openShop();
  await sayAll(undisturbed, events);
  await becomeQuiet(undisturbed);
  const expected = await graphOf(undisturbed);
  expect(expected).toHaveLength(CUSTOMERS);

  const struck = await openShop();
  let isSaid = false;
  const saying = sayAll(struck, events).finally(() => (isSaid = true));
  let amid = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await pause(random() * PAUSE_MS_MAX);
    if (!isSaid) amid++;
    await struck.server.kill();
    await struck.server.start();
  }
  await saying;
  await becomeQuiet(struck);
  expect(amid).toBeGreaterThan(KILLS / 2);
  expect(await graphOf(struck)).toEqual(expected);
  expect(await withAudit(struck, (audit) => audit.deadLetters())).toBe(0);
  const merged = (await withAudit(struck, (audit) => audit.archivedEvents())).filter(
    ({ name }) => name === 'Profiles Merged',
  );
  process.stdout.write(`${amid} kills while events came, ${merged.length} merges\n`);
}, 240_000);
