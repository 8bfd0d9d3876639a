import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle } from '../../../../../../scripts/bundle.mjs';
import { LEASE_MS } from './feed-work.ts';
import { type FeedRoom, type FeedWorld, openFeedRoom } from './testing/feed-world.ts';

const PRODUCTS = 3_000;
const head = 'id,item_group_id,title,price\n';
const row = (at: number, price: number) => `v${at},p${at % PRODUCTS},Thing,${price}.00 EUR\n`;
const csv = (price: number) => head + Array.from({ length: 2 * PRODUCTS }, (_, at) => row(at, price)).join('');

let room: FeedRoom;
const program = join(import.meta.dirname, `../../../../../../node_modules/.cache/segue/feed-child.${process.pid}.js`);
beforeAll(async () => {
  room = await openFeedRoom();
  await bundle({ entry: join(import.meta.dirname, 'testing/feed-child.ts'), outfile: program });
});
afterAll(async () => {
  await rm(program, { force: true });
  await room.drop();
});

/** A process of its own takes the feed, and is killed when that says so. */
async function killWhen(world: FeedWorld, isTime: () => Promise<boolean>): Promise<void> {
  const { url, secret } = room.child;
  const child = spawn(process.execPath, [program, url, secret, String(world.clock.now())], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  await expect.poll(isTime, { timeout: 60_000, interval: 10 }).toBe(true);
  child.kill('SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);
}

const runOf = async (world: FeedWorld) => {
  const [run] = await world.query<{ state: string; rows: number; place: string | null }>(
    'select state, rows, place from product_feed_run where workspace_id = $1 order by id desc limit 1',
  );
  return run;
};

it('a process that is killed while it fetches, and another while it applies, leave a third to bring the feed to its end', async () => {
  const world = await room.open();
  const text = csv(12);
  world.server.answer = (response) => void response.writeHead(200).write(text.slice(0, text.length / 2));
  const id = await world.feed({ archivesMissing: true });
  await killWhen(world, async () => ((await runOf(world))?.rows ?? 0) > 0);
  expect(await runOf(world)).toMatchObject({ state: 'fetching', place: null });
  expect(await world.products()).toEqual({});

  world.server.answer = (response) => response.end(text);
  expect(await world.round()).toBe(0);
  world.clock.advance(LEASE_MS + 1);
  await killWhen(world, async () => typeof (await runOf(world))?.place === 'string');
  expect(await runOf(world)).toMatchObject({ state: 'applying', rows: 2 * PRODUCTS });
  const before = Object.keys(await world.products()).length;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(PRODUCTS);

  const calls = world.server.calls.length;
  world.clock.advance(LEASE_MS + 1);
  // Its last statement may still run: until that is rolled back, the feed is locked.
  await expect.poll(() => world.round(), { timeout: 30_000 }).toBe(1);
  // What was fetched whole is not fetched again.
  expect(world.server.calls).toHaveLength(calls);
  expect(await world.lastRun(id)).toMatchObject({
    ...{ state: 'done', rows: 2 * PRODUCTS, refused: 0, products: PRODUCTS, created: PRODUCTS, archived: 0 },
  });
  const products = await world.products();
  expect(Object.keys(products)).toHaveLength(PRODUCTS);
  expect(new Set(Object.values(products))).toEqual(new Set(['Thing active -=1200,-=1200']));
  await world.close();
});
