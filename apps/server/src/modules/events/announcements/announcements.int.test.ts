import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { ensureOwnSource } from '../../accounts/index.ts';
import { createEngines, type Engines, NOW, openWorld, type World } from '../testing/world.ts';
import { type Announcement, announce } from './announce.ts';
import { runAnnouncements } from './run-announcements.ts';

let engines: Engines;
let world: World;
let other: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  other = await openWorld(engines);
  world.work();
});
afterAll(async () => {
  await Promise.all([world.close(), other.close()]);
  await engines.drop();
});

const paid = (fields: Partial<Announcement> = {}): Announcement => ({
  type: 'track',
  messageId: 'ord-1-completed',
  event: 'Order Completed',
  occurredAtMs: NOW - 60_000,
  properties: { order_id: '1001', total: 12.5, currency: 'EUR' },
  who: { email: 'ada@customer.example' },
  ...fields,
});

async function tell(announcements: readonly Announcement[]): Promise<number> {
  return inTransaction(world.ctx, async (ctx) => announce(ctx, await ensureOwnSource(ctx, 'shop'), announcements));
}

async function takeAll(): Promise<void> {
  while ((await runAnnouncements(world.services, world)) > 0);
}

async function waiting(): Promise<number> {
  const { rows } = await world.services.postgres.query<{ n: number }>({
    text: 'select count(*)::int as n from announcement where workspace_id = $1',
    values: [world.ctx.workspaceId],
  });
  return rows[0]!.n;
}

const told = (messageId: string) => world.count(`event where message_id = '${messageId}'`);

it('what a change announces is an event of its customer, once, though it was announced twice and taken by two processes', async () => {
  await tell([paid()]);
  await tell([paid(), paid({ messageId: 'ord-1-updated', event: 'Order Updated' })]);
  await Promise.all([runAnnouncements(world.services, world), runAnnouncements(other.services, other)]);
  await takeAll();
  await world.settle();
  expect([await told('ord-1-completed'), await told('ord-1-updated')]).toEqual([1, 1]);
  const found = await world.get('/api/v1/profiles?identifier=email:ada@customer.example');
  expect(found.body['items']).toHaveLength(1);
  expect(await waiting()).toBe(0);
});

it('a change that is taken back announces nothing', async () => {
  const change = inTransaction(world.ctx, async (ctx) => {
    await announce(ctx, await ensureOwnSource(ctx, 'shop'), [paid({ messageId: 'ord-2-completed' })]);
    throw new Error('taken back');
  });
  await expect(change).rejects.toThrow('taken back');
  expect(await waiting()).toBe(0);
});

it('what is about nobody is left out, and what cannot be an event holds nothing up', async () => {
  expect(await tell([paid({ messageId: 'ord-3', who: {} })])).toBe(0);
  await tell([
    paid({ messageId: 'ord-4', who: { userId: 'null' } }),
    paid({ messageId: 'ord-5', who: { userId: 'ada' } }),
  ]);
  await takeAll();
  await world.settle();
  expect([await told('ord-4'), await told('ord-5')]).toEqual([0, 1]);
  expect(world.logs.some((line) => line.startsWith('an announcement was no event'))).toBe(true);
});

it('personal values of an announcement lie sealed', async () => {
  await tell([paid({ messageId: 'ord-6', who: { email: 'grace@customer.example' } })]);
  const { rows } = await world.services.postgres.query<{ text: string }>({
    text: "select encode(item, 'escape') as text from announcement where workspace_id = $1",
    values: [world.ctx.workspaceId],
  });
  expect(rows).toHaveLength(1);
  expect(rows[0]!.text).not.toContain('grace');
  await takeAll();
});
