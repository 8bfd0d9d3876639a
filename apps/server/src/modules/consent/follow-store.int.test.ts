import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { findMarks, insertMarks, moveToProfiles, replaceMarks } from './follow-store.ts';
import { consentMigrations } from './migrations/index.ts';
import { splitMerges } from './split-merges.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(consentMigrations);
});
afterAll(() => database.drop());

const WORKSPACE = 1;

it('a mark that was parted between profiles is whole again once they are one, wherever both go', async () => {
  const { postgres } = database;
  const [holder, taker, third, fromProfile] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const merge = { fromProfile, intoProfile: holder, fromNodes: [1, 2], intoNodes: [3, 4], saidAt: 5, mergedAt: 6 };
  await insertMarks(postgres, WORKSPACE, [{ ...merge, profileId: holder }]);
  const [mark] = (await findMarks(postgres, WORKSPACE, [holder])).get(holder)!;
  const part = async (from: string): Promise<void> => {
    const { staying, going } = splitMerges([mark!], new Set([2, 4]));
    const kept = [
      ...staying.map((one) => ({ ...one, profileId: from })),
      ...going.map((one) => ({ ...one, profileId: taker })),
    ];
    await replaceMarks(postgres, WORKSPACE, { gone: [{ ...mark!, profileId: from }], kept });
  };
  const whole = async (profileId: string) => {
    const found = await findMarks(postgres, WORKSPACE, [holder, taker, third]);
    expect([...found.keys()]).toEqual([profileId]);
    const [one, ...others] = found.get(profileId)!;
    expect(others).toEqual([]);
    expect({ ...one, fromNodes: one!.fromNodes.toSorted(), intoNodes: one!.intoNodes.toSorted() }).toEqual({
      ...mark,
      profileId,
    });
  };
  await part(holder);
  expect((await findMarks(postgres, WORKSPACE, [taker])).get(taker)).toMatchObject([
    { fromNodes: [2], intoNodes: [4] },
  ]);
  await moveToProfiles(postgres, WORKSPACE, new Map([[taker, holder]]));
  await whole(holder);
  await part(holder);
  await moveToProfiles(
    postgres,
    WORKSPACE,
    new Map([
      [taker, third],
      [holder, third],
    ]),
  );
  await whole(third);
});
