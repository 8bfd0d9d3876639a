import { afterAll, beforeAll, expect, it } from 'vitest';
import { customer, type ErasureWorld, openErasureWorld } from '../../../compose/testing/erasure-world.ts';
import { inTransaction, readSubjects } from '../../../platform/eventlog/index.ts';
import { findProfileId, profilingObjectedAt } from '../../profiles/index.ts';
import { allowProfiling, objectForProfile } from './object-for-profile.ts';

let erasures: ErasureWorld;
beforeAll(async () => {
  erasures = await openErasureWorld();
});
afterAll(() => erasures.close());

it('an objection to profiling reaches whom she was merged into since she was looked up, and so does its end', async () => {
  const { world } = erasures;
  const { ctx } = world;
  await world.send([{ type: 'page', anonymousId: 'cookie', messageId: 'seen', properties: { path: '/' } }]);
  await world.send([{ ...customer('rita').events[0]!, anonymousId: 'another' }]);
  await world.settle();
  const before = (await findProfileId(ctx, { kind: 'anonymousId', value: 'cookie' }))!;
  await world.send([{ type: 'identify', userId: 'user-rita-4711', anonymousId: 'cookie', messageId: 'merge' }]);
  await world.settle();
  const now = (await findProfileId(ctx, { kind: 'userId', value: 'user-rita-4711' }))!;
  expect(now).not.toBe(before);
  const isObjected = async () =>
    profilingObjectedAt((await readSubjects(world.services.postgres, ctx.workspaceId, [now])).get(now)) !== undefined;
  const objection = { against: ['profiling'] as const, saidAt: new Date(erasures.now()) };
  const object = (id: string) => inTransaction(ctx, (ctx) => objectForProfile(ctx, id, objection));
  expect([await object(before), await isObjected()]).toEqual([{ profiling: 1 }, true]);
  expect(await object(now)).toEqual({ profiling: 0 });
  expect(await inTransaction(ctx, (ctx) => allowProfiling(ctx, before))).toEqual({ profiling: 1 });
  expect(await isObjected()).toBe(false);
});
