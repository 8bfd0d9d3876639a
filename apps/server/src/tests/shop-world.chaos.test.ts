import { setTimeout as pause } from 'node:timers/promises';
import { connectWorld, openShopWorld, readSandboxClock, type ShopWorld } from '@segue/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { API_KEY } from './testing/server-process.ts';
import { differencesOfBooks } from './testing/shop-books.ts';
import { until } from './testing/until.ts';

/** Ten minutes of the shops' in a second. */
const SCALE = 600;
const LIVES_MS = 40_000;
const AGREE_WITHIN_MS = 90_000;

let built: BuiltProgram;
let folder: DataFolder;
let server: KeptServer;
let api: ApiClient;
let world: ShopWorld;
let openWorld: (saved?: string) => Promise<ShopWorld>;
const said: string[] = [];

beforeAll(async () => {
  const now = Date.now();
  const clock = JSON.stringify({ scale: SCALE, realStartMs: now, virtualStartMs: now });
  built = await buildServer();
  folder = makeDataFolder();
  const env = { SEGUE_CLOCK: clock, SEGUE_OUTBOUND_ALLOW: '127.0.0.1' };
  server = await keepServer({ command: [built.script], dataDir: folder.path, port: await freePort(), env });
  api = createApiClient(server.url);
  const ports = { shopify: await freePort(), woo: await freePort() };
  openWorld = (saved) =>
    openShopWorld({
      ...{ clock: readSandboxClock(clock), seed: 7, shopUrl: 'http://127.0.0.1:1/shop/', ports, saved },
      pace: { ordersPerHour: 12, shoppers: 40 },
    });
  world = await openWorld();
}, 120_000);

afterAll(async () => {
  await world?.close();
  await server?.stop();
  folder?.remove();
  built?.remove();
}, 60_000);

type Connected = Awaited<ReturnType<typeof connectWorld>>;

/** Segue alone: the shops go on and are heard later. */
async function killServer(connected: Connected): Promise<Connected> {
  await server.kill();
  await world.live();
  await server.start();
  return connected;
}

/** The whole demo: the shops go on where they were, and connect anew. */
async function stopEverything(): Promise<Connected> {
  const saved = world.save();
  await world.close();
  await server.kill();
  world = await openWorld(saved);
  await server.start();
  return undefined;
}

it('a web shop, a marketplace and a till that lose, repeat and reorder what they tell, are killed and started again, end as Segue says: every order and sale once, with its amounts and what became of it, and the same on every shelf', async () => {
  const beganAt = performance.now();
  const stops = [killServer, stopEverything];
  const options = { server: server.url, apiKey: API_KEY, log: (line: string) => said.push(line) };
  let connected: Connected;
  while (performance.now() < beganAt + LIVES_MS) {
    const isDue = performance.now() > beganAt + (LIVES_MS * (3 - stops.length)) / 3;
    const stop = isDue ? stops.shift() : undefined;
    if (stop !== undefined) connected = await stop(connected);
    connected = await connectWorld(options, world, connected);
    await world.live();
    await pause(250);
  }
  // Its line is mended: what it sold meanwhile it tells now.
  world.till?.goOnline();
  let seen: string[] = [];
  await until(
    'the books agree',
    async () => {
      await world.till?.flush();
      seen = await differencesOfBooks(api, world);
      return seen.length === 0;
    },
    { timeoutMs: AGREE_WITHIN_MS, seen: () => ({ seen, said, log: server.output().slice(-2_000) }) },
  );
  expect(said).toEqual([]);
}, 200_000);
