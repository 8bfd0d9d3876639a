import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, openApiWorld } from '../../../compose/testing/api-world.ts';
import { ago, type IdentityShop, openIdentityShop } from './testing/identity-shop.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(async () => {
  await world.close();
});

/** Says something of every one again and again while `work` goes on; answers how often. */
async function sayMeanwhile(shop: IdentityShop, names: readonly string[], work: Promise<unknown>): Promise<number> {
  let over = false;
  const ending = work.finally(() => (over = true));
  ending.catch(() => undefined);
  let times = 0;
  while (!over) {
    const batch = names.map((name) => ({
      type: 'track',
      event: 'Looked',
      anonymousId: name,
      messageId: `${name}-${times}`,
      timestamp: ago(60),
    }));
    const response = await world.app.inject({
      method: 'POST',
      url: '/v1/batch',
      payload: { writeKey: shop.writeKey, batch },
    });
    expect(response.statusCode).toBe(200);
    times++;
  }
  await ending;
  await world.settle();
  return times;
}

describe('merges and unmerges while events stream in', () => {
  it('lose no event, count none twice, and end with everybody who was there', async () => {
    const shop = await openIdentityShop(world);
    const names = ['a', 'b', 'c', 'd'];
    await shop.say(
      ...names.map((name) => ({
        type: 'identify',
        anonymousId: name,
        timestamp: ago(90),
        traits: { name, plan: name },
      })),
    );
    const ids = await Promise.all(names.map((name) => shop.idOf(`anonymousId:${name}`)));
    const segment = await shop.call('createSegment', undefined, {
      name: 'lookers',
      rule: { event: 'Looked', count: { atLeast: 1 } },
    });
    expect(segment.status).toBe(201);
    const decide = async (into: string, from: string): Promise<void> => {
      for (let round = 0; round < 6; round++) {
        const merge = await shop.merge(into, from);
        const undone = await shop.call('unmergeProfiles', into, { merge });
        expect(undone.status, undone.text).toBe(200);
      }
    };
    const times = await sayMeanwhile(shop, names, Promise.all([decide(ids[0]!, ids[1]!), decide(ids[2]!, ids[3]!)]));
    expect(await Promise.all(names.map((name) => shop.idOf(`anonymousId:${name}`)))).toEqual(ids);
    for (const name of names) {
      const known = await shop.known(`anonymousId:${name}`);
      expect(known.traits).toEqual({ name, plan: name });
      expect(known.identifiers).toEqual([{ kind: 'anonymousId', value: name }]);
    }
    const { rows } = await world.services.postgres.query<{ n: number }>({
      text: 'select count(*)::int as n from log_dead_letter where workspace_id = $1',
      values: [shop.workspaceId],
    });
    expect(rows[0]!.n).toBe(0);
    const [counted] = await world.services.history.query<{ n: number }>({
      sql: `select count() as n from history_events where workspace_id = {workspaceId: UInt32} and name = 'Looked'`,
      params: { workspaceId: shop.workspaceId },
    });
    expect(counted!.n).toBe(times * names.length);
  });

  it('of the same two at once: one of two unmerges undoes it, the other is told so', async () => {
    const shop = await openIdentityShop(world);
    await shop.say({ userId: 'ada' }, { anonymousId: 'web' });
    const id = await shop.idOf('userId:ada');
    const merge = await shop.merge(id, await shop.idOf('anonymousId:web'));
    const answers = await Promise.all(Array.from({ length: 6 }, () => shop.call('unmergeProfiles', id, { merge })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 409, 409, 409, 409, 409]);
    expect((await shop.identity(id)).merges).toHaveLength(1);
  });

  it('of the same two at once: of six merges one happens, and none is a fault', async () => {
    const shop = await openIdentityShop(world);
    await shop.say({ userId: 'ada' }, { anonymousId: 'web' });
    const [id, web] = [await shop.idOf('userId:ada'), await shop.idOf('anonymousId:web')];
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        i % 2 === 0 ? shop.call('mergeProfiles', id, { with: web }) : shop.call('mergeProfiles', web, { with: id }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    expect(await shop.idOf('userId:ada')).toBe(await shop.idOf('anonymousId:web'));
  });
});
