import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectWorld, openShopWorld, readSandboxClock, type ShopWorld } from '@segue/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildSandbox, buildServer } from './testing/build-server.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { type DemoProcess, demoProcess } from './testing/demo-process.ts';
import { freePort, freePortPair } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { seededRandom } from './testing/random.ts';
import { API_KEY, WRITE_KEY } from './testing/server-process.ts';
import { differencesOfBooks } from './testing/shop-books.ts';
import { until } from './testing/until.ts';

/** Ten minutes of the shops' in a second. */
const SCALE = 600;
const SEED = 23;
const STRIKES = 12;
const AGREE_WITHIN_MS = 90_000;

let built: BuiltProgram[] = [];
let folder: DataFolder;
let server: KeptServer;
let api: ApiClient;
let demo: DemoProcess;
let ports: { shopify: number; woo: number };
let clock: string;
let world: ShopWorld | undefined;

beforeAll(async () => {
  const now = Date.now();
  clock = JSON.stringify({ scale: SCALE, realStartMs: now, virtualStartMs: now });
  const [program, sandbox] = await Promise.all([buildServer(), buildSandbox()]);
  built = [program, sandbox];
  folder = makeDataFolder();
  const env = { SEGUE_CLOCK: clock, SEGUE_OUTBOUND_ALLOW: '127.0.0.1' };
  server = await keepServer({ command: [program.script], dataDir: folder.path, port: await freePort(), env });
  api = createApiClient(server.url);
  const shopify = await freePortPair();
  ports = { shopify, woo: shopify + 1 };
  const flags = {
    ...{ server: server.url, 'write-key': WRITE_KEY, 'api-key': API_KEY, 'data-dir': join(folder.path, 'sandbox') },
    ...{ 'shops-port': shopify, 'orders-per-hour': 30, 'visits-per-hour': 0.01, seed: SEED },
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  demo = demoProcess([sandbox.script, ...args], { SEGUE_CLOCK: clock });
}, 120_000);

afterAll(async () => {
  await demo?.kill();
  await world?.close();
  await server?.stop();
  folder?.remove();
  for (const program of built) program.remove();
}, 60_000);

const strikes = {
  demo: async () => {
    await demo.kill();
    demo.start();
  },
  server: async () => {
    await server.kill();
    await server.start();
  },
  both: async () => {
    await Promise.all([demo.kill(), server.kill()]);
    demo.start();
    await server.start();
  },
};

it('shops and server that are killed at any moment go on where they were: no sale is told that a shop forgets, none is forgotten that was told', async () => {
  const random = seededRandom(SEED);
  demo.start();
  const kinds = Object.values(strikes);
  for (let strike = 0; strike < STRIKES; strike++) {
    await pause(1_500 + random() * 3_500);
    // The shops are struck most: they hold what nobody else knows.
    await (kinds[Math.floor(random() * 4) % 3] ?? strikes.demo)();
  }
  await pause(2_000);
  await demo.kill();
  world = await openShopWorld({
    ...{ clock: readSandboxClock(clock), seed: SEED, shopUrl: 'http://127.0.0.1:1/shop/', ports },
    ...{ pace: { ordersPerHour: 1, shoppers: 1 } },
    saved: readFileSync(join(folder.path, 'sandbox/shop-world.json'), 'utf8'),
  });
  expect(world.till?.journal.items.length).toBeGreaterThan(10);
  const said: string[] = [];
  await connectWorld({ server: server.url, apiKey: API_KEY, log: (line) => said.push(line) }, world, undefined);
  world.till?.goOnline();
  let seen: string[] = [];
  await until(
    'the books agree',
    async () => {
      await world?.till?.flush();
      seen = world === undefined ? [] : await differencesOfBooks(api, world);
      return seen.length === 0;
    },
    {
      timeoutMs: AGREE_WITHIN_MS,
      seen: () => ({ seen, said, demo: demo.output(), log: server.output().slice(-2_000) }),
    },
  );
  expect(said).toEqual([]);
}, 280_000);
