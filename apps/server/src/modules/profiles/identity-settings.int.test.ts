import type { IdentitySettings } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createContext, type Ctx } from '../../platform/context.ts';
import { eventlogMigrations, inTransaction, type Stage } from '../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess } from '../../platform/eventlog/testing/log-process.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { DEFAULT_IDENTITY_RULES, type IdentityRules } from './identity-rules.ts';
import { identifierReaderOf, loadIdentifierReader, loadIdentityRules, settingsOf } from './load-identity-rules.ts';
import { profilesMigrations } from './migrations/index.ts';
import { type ProfileWorld, profileWorldOn } from './testing/profile-world.ts';
import { updateIdentitySettings } from './update-identity-settings.ts';

let database: TestDatabase;
let process: LogProcess;
let ctx: Ctx;
let world: ProfileWorld;
beforeAll(async () => {
  database = await createTestDatabase([...eventlogMigrations, ...accountsMigrations, ...profilesMigrations]);
  process = await openLogProcess({ databaseUrl: database.url });
});
afterAll(async () => {
  await process.close();
  await database.drop();
});
beforeEach(async () => {
  const { rows } = await database.postgres.query<{ id: number }>({
    text: `insert into workspace (name, wrapped_key) values ('Shop', '') returning id`,
  });
  ctx = createContext(process.services, rows[0]!.id, { kind: 'system', name: 'test' });
  world = profileWorldOn(process, ctx.workspaceId);
});

const defaults = settingsOf(DEFAULT_IDENTITY_RULES);
const set = (change: Partial<IdentitySettings>) =>
  inTransaction(ctx, async (tx) => updateIdentitySettings(tx, { ...defaults, ...change }));
const withOwn = (...names: string[]) => ({
  kinds: [...defaults.kinds, ...names.map((kind) => ({ kind, limit: 1, perDays: null }))],
});
const codesOf = async (): Promise<Record<string, number>> => {
  const { rules } = await loadIdentifierReader(ctx.sql, ctx.workspaceId);
  return Object.fromEntries(rules.kinds.filter(({ code }) => code >= 100).map(({ kind, code }) => [kind, code]));
};

describe('the rules of a batch', () => {
  it('are those in force at its place in the log, however often they change', async () => {
    const seen: [string, number][] = [];
    const witness: Stage = {
      name: 'witness',
      async run(batch) {
        const rules: IdentityRules = await loadIdentityRules(batch);
        for (const { event } of batch.entries) seen.push([event.name, rules.userIdsPerHourMax]);
      },
    };
    const work = () => process.process([witness]);
    await world.say({ by: ['userId:ada'], name: 'Before' });
    await work();
    await set({ userIdsPerHourMax: 7 });
    await world.say({ by: ['userId:ada'], name: 'Between' });
    await work();
    await set({ userIdsPerHourMax: 9 });
    await world.say({ by: ['userId:ada'], name: 'After' });
    await work();
    expect(seen).toEqual([
      ['Before', DEFAULT_IDENTITY_RULES.userIdsPerHourMax],
      ['Between', 7],
      ['After', 9],
    ]);
  });

  it('reach intake of the same process at once, unless the change is taken back', async () => {
    const country = async () => (await identifierReaderOf(ctx, ctx.workspaceId)).country;
    expect(await country()).toBeUndefined();
    await set({ country: 'GB' });
    expect(await country()).toBe('GB');
    const failing = inTransaction(ctx, async (tx) => {
      await updateIdentitySettings(tx, { ...defaults, country: 'FR' });
      throw new Error('taken back');
    });
    await expect(failing).rejects.toThrow('taken back');
    expect(await country()).toBe('GB');
  });
});

describe('the code of an own kind', () => {
  it('is given once: a kind taken away keeps it, another never gets it', async () => {
    await set(withOwn('crmId', 'tillId'));
    expect(await codesOf()).toEqual({ crmId: 100, tillId: 101 });
    await set(withOwn('tillId'));
    await set(withOwn('appId', 'tillId'));
    expect(await codesOf()).toEqual({ appId: 102, tillId: 101 });
    await set(withOwn('crmId'));
    expect(await codesOf()).toEqual({ crmId: 100 });
  });

  it('is refused once all hundred are given; the kinds that were may still be used', async () => {
    const names = (from: number) => Array.from({ length: 50 }, (_, i) => `kind${from + i}`);
    await set(withOwn(...names(0)));
    await set(withOwn(...names(50)));
    await expect(set(withOwn('oneMore'))).rejects.toMatchObject({ code: 'conflict' });
    await set(withOwn('kind0', 'kind99'));
    expect(await codesOf()).toEqual({ kind0: 100, kind99: 199 });
  });

  it('is one per name when members set the same at the same time', async () => {
    await Promise.all(Array.from({ length: 6 }, () => set(withOwn('crmId', 'tillId'))));
    expect(await codesOf()).toEqual({ crmId: 100, tillId: 101 });
  });

  it('is known in its own workspace alone', async () => {
    await set(withOwn('crmId'));
    const other = profileWorldOn(process, ctx.workspaceId + 1_000);
    expect((await loadIdentifierReader(ctx.sql, other.workspaceId)).kindOfCode(100)).toBeUndefined();
  });
});
