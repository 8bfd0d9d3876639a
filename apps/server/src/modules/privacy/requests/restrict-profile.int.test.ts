import { afterAll, beforeAll, expect, it } from 'vitest';
import { customer, type ErasureWorld, openErasureWorld } from '../../../compose/testing/erasure-world.ts';
import { inTransaction, readSubjects } from '../../../platform/eventlog/index.ts';
import { findProfileId, isRestricted } from '../../profiles/index.ts';
import { restrictProfile, unrestrictProfile } from './restrict-profile.ts';

let erasures: ErasureWorld;
beforeAll(async () => {
  erasures = await openErasureWorld();
});
afterAll(() => erasures.close());

it('a restriction reaches whom she was merged into since she was looked up, and so does its end', async () => {
  const { world, work } = erasures;
  const { ctx } = world;
  await world.send([{ type: 'page', anonymousId: 'cookie', messageId: 'seen', properties: { path: '/' } }]);
  await world.send([{ ...customer('rita').events[0]!, anonymousId: 'another' }]);
  await world.settle();
  const before = (await findProfileId(ctx, { kind: 'anonymousId', value: 'cookie' }))!;
  await world.send([{ type: 'identify', userId: 'user-rita-4711', anonymousId: 'cookie', messageId: 'merge' }]);
  await world.settle();
  const now = (await findProfileId(ctx, { kind: 'userId', value: 'user-rita-4711' }))!;
  expect(now).not.toBe(before);
  const held = async () => isRestricted((await readSubjects(world.services.postgres, ctx.workspaceId, [now])).get(now));
  expect(await inTransaction(ctx, (ctx) => restrictProfile(ctx, before))).toBe(true);
  expect(await held()).toBe(true);
  expect(await inTransaction(ctx, (ctx) => restrictProfile(ctx, now))).toBe(false);
  expect(await inTransaction(ctx, (ctx) => unrestrictProfile(ctx, work, before))).toBe(true);
  expect(await held()).toBe(false);
});
