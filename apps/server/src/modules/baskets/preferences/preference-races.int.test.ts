import { randomUUID } from 'node:crypto';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMigrations } from '../../../compose/migrations.ts';
import { isLostRace } from '../../../platform/postgres/index.ts';
import { createTestDatabase, numberWorkspaces, type TestDatabase } from '../../../testkit/index.ts';
import type { BasketOwner, BasketTx } from '../basket.ts';
import { linkPreferences, openPreferences } from './link-preferences.ts';
import { preferencesOf, preferencesOfSet } from './read-preferences.ts';
import { sayOfCustomer, sayPreferences } from './say-preferences.ts';
import { moveSets } from './set-store.ts';

const NOW = Date.UTC(2026, 10, 22, 9);
let database: TestDatabase;
let used = 0;
beforeAll(async () => {
  database = await createTestDatabase(postgresMigrations, { maxConnections: 50 });
  await numberWorkspaces(database.postgres, 300);
});
afterAll(() => database.drop());

/** One transaction on a connection of its own, done again when it lost a race, as every call is. */
async function alone<T>(workspaceId: number, work: (tx: BasketTx) => Promise<T>, now = NOW): Promise<T> {
  for (;;) {
    try {
      return await database.postgres.transaction((sql) => work({ sql, workspaceId, now }));
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }
}

const nobody: BasketOwner = { profileId: null, node: null };
const word = fc.record({ name: fc.constantFrom('a', 'b', 'c'), value: fc.option(fc.nat({ max: 9 })) });
/** What each device says, and whether it is a customer's by then. */
const device = fc.record({ words: fc.array(word, { maxLength: 6 }), links: fc.nat({ max: 2 }) });

/** Distinct instants before now, by device and place. */
const instantOf = (at: number, place: number): number => NOW - 100_000 + place * 100 + at;

describe('words of 50 connections at once', () => {
  it('lose nothing: every device of the customer is told what was said last, a guest only his own', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(device, { minLength: 1, maxLength: 8 }),
        fc.array(word, { maxLength: 6 }),
        async (devices, own) => {
          const workspaceId = ++used;
          const ada = { profileId: randomUUID(), node: 1 };
          const twin = { profileId: randomUUID(), node: 2 };
          const sets = await Promise.all(
            devices.map(() => alone(workspaceId, (tx) => openPreferences(tx, { owner: nobody, isLinked: false }))),
          );
          const works: (() => Promise<unknown>)[] = [];
          const hers = new Map<string, { value: number | null; atMs: number }>();
          const count = ({ name, value }: { name: string; value: number | null }, atMs: number) => {
            if ((hers.get(name)?.atMs ?? 0) < atMs) hers.set(name, { value, atMs });
          };
          for (const [at, { words, links }] of devices.entries()) {
            const { id } = sets[at]!;
            for (const [place, one] of words.entries()) {
              const saidAtMs = instantOf(at, place);
              if (links > 0) count(one, saidAtMs);
              const wish = { words: [{ ...one, saidAtMs }], by: 'phone' };
              works.push(() => alone(workspaceId, (tx) => sayPreferences(tx, id, wish)));
            }
            // Half of the devices are linked to a profile that is recognised as hers meanwhile.
            const owner = at % 2 === 0 ? ada : twin;
            for (let n = 0; n < links; n++)
              works.push(() => alone(workspaceId, (tx) => linkPreferences(tx, id, owner)));
          }
          for (const [place, one] of own.entries()) {
            const saidAtMs = instantOf(99, place);
            count(one, saidAtMs);
            const wish = { words: [{ ...one, saidAtMs }], by: 'api' };
            works.push(() => alone(workspaceId, (tx) => sayOfCustomer(tx, ada, wish)));
          }
          const recognise = () =>
            alone(workspaceId, ({ sql }) => moveSets(sql, workspaceId, new Map([[twin.profileId, ada.profileId]])));
          works.push(recognise);
          await Promise.all(works.toSorted(() => Math.random() - 0.5).map((work) => work()));
          await recognise();

          const expected = Object.fromEntries(
            [...hers].flatMap(([name, { value }]) => (value === null ? [] : [[name, value] as const])),
          );
          const { preferences } = await preferencesOf(database.postgres, workspaceId, ada);
          expect(preferences).toEqual(expected);
          for (const [at, { words, links }] of devices.entries()) {
            const isLinked = links > 0;
            const told = await preferencesOfSet(database.postgres, workspaceId, { id: sets[at]!.id, isLinked });
            const last = new Map(words.map(({ name, value }) => [name, value]));
            const alone = Object.fromEntries([...last].filter(([, value]) => value !== null));
            expect(told!.preferences).toEqual(isLinked ? expected : alone);
          }
        },
      ),
      { numRuns: propertyRuns(20) },
    );
  });

  it('said under one identifier by 50 servers at once are kept in one place', async () => {
    const workspaceId = ++used;
    const ada = { profileId: randomUUID(), node: 7 };
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        alone(workspaceId, (tx) =>
          sayOfCustomer(tx, ada, { words: [{ name: `n${n}`, value: n, saidAtMs: undefined }], by: 'api' }),
        ),
      ),
    );
    const { entries } = await preferencesOf(database.postgres, workspaceId, ada);
    expect(entries).toHaveLength(50);
    const { rows } = await database.postgres.query<{ n: number }>({
      text: 'select count(*)::int as n from preference_set where workspace_id = $1',
      values: [workspaceId],
    });
    expect(rows[0]!.n).toBe(1);
  });

  it('of a customer’s 60th device are read with the others’, though the oldest tokens lead nowhere any more', async () => {
    const workspaceId = ++used;
    const ada = { profileId: randomUUID(), node: 7 };
    const tokens: string[] = [];
    for (let n = 0; n < 60; n++) {
      const { id } = await alone(workspaceId, (tx) => openPreferences(tx, { owner: ada, isLinked: true }), NOW + n);
      tokens.push(id);
      const wish = { words: [{ name: `n${n}`, value: n, saidAtMs: undefined }], by: 'phone' };
      await alone(workspaceId, (tx) => sayPreferences(tx, id, wish), NOW + n);
    }
    expect((await preferencesOf(database.postgres, workspaceId, ada)).entries).toHaveLength(60);
    const known = await Promise.all(
      tokens.map((id) => preferencesOfSet(database.postgres, workspaceId, { id, isLinked: true })),
    );
    expect(known.map((one) => one !== undefined)).toEqual(tokens.map((_, n) => n >= 10));
  });
});
