import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { eventlogMigrations } from '../../platform/eventlog/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import {
  dropChangedFacts,
  insertChangedFacts,
  listChangedFacts,
  noteFactsOfEveryone,
  takeChangedFacts,
} from './changed-fact-store.ts';
import { profilesMigrations } from './migrations/index.ts';
import { insertProfiles } from './profile-store.ts';

let database: TestDatabase;
const at = new Date(Date.UTC(2026, 10, 22));

beforeAll(async () => {
  database = await createTestDatabase([eventlogMigrations, accountsMigrations, profilesMigrations].flat());
});
afterAll(() => database.drop());

it('what is noted is taken once, and of one workspace only', async () => {
  const { postgres } = database;
  const profileId = randomUUID();
  await insertChangedFacts(postgres, 1, { profileIds: [profileId, profileId], facts: ['$list', '$place'], at });
  expect(await listChangedFacts(postgres, { at, limit: 10 })).toHaveLength(2);
  expect(await takeChangedFacts(postgres, 2, [profileId])).toEqual([]);
  const taken = await takeChangedFacts(postgres, 1, [profileId]);
  expect(new Set(taken.map(({ fact }) => fact))).toEqual(new Set(['$list', '$place']));
  expect(await takeChangedFacts(postgres, 1, [profileId])).toEqual([]);
});

it('whoever takes what waits sees the change that is under way, or leaves it waiting', async () => {
  const { postgres } = database;
  const [profileId, other] = [randomUUID(), randomUUID()];
  await insertChangedFacts(postgres, 1, { profileIds: [profileId], facts: ['$list'], at });
  let takes: Promise<number> | undefined;
  await postgres.transaction(async (sql) => {
    await insertProfiles(sql, 1, [{ id: other, createdAt: at }]);
    // It waits already: noted again it is locked until the change is there to be seen.
    await insertChangedFacts(sql, 1, { profileIds: [profileId], facts: ['$list'], at });
    takes = postgres.transaction(async (taking) => {
      expect(await takeChangedFacts(taking, 1, [profileId])).toHaveLength(1);
      const { rows } = await taking.query<{ n: number }>({
        text: 'select count(*)::int as n from profile where workspace_id = 1 and id = $1',
        values: [other],
      });
      return rows[0]!.n;
    });
    takes.catch(() => undefined);
    await sql.query({ text: 'select 1' });
  });
  expect(await takes).toBe(1);
});

it('what nobody reads is dropped, and nothing else', async () => {
  const { postgres } = database;
  const [one, two] = [randomUUID(), randomUUID()];
  await insertChangedFacts(postgres, 4, { profileIds: [one, two], facts: ['$list', '$place'], at });
  await dropChangedFacts(postgres, 4, { profileIds: [one], facts: ['$place'] });
  expect(await takeChangedFacts(postgres, 4, [one])).toEqual([{ profileId: one, fact: '$list' }]);
  expect(await takeChangedFacts(postgres, 4, [two])).toHaveLength(2);
});

it('a fact of everybody is noted for every profile that still is one', async () => {
  const { postgres } = database;
  const [one, two] = [randomUUID(), randomUUID()];
  await insertProfiles(
    postgres,
    3,
    [one, two].map((id) => ({ id, createdAt: at })),
  );
  await postgres.query({
    text: 'update profile set merged_into = $2, merged_at = $3 where workspace_id = 3 and id = $1',
    values: [one, two, at],
  });
  await noteFactsOfEveryone(postgres, 3, { facts: ['$consent'], at });
  expect(await takeChangedFacts(postgres, 3, [one, two])).toEqual([{ profileId: two, fact: '$consent' }]);
});
