import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, openApiWorld } from '../../../compose/testing/api-world.ts';
import { createProfileReshaper } from '../../../compose/stages.ts';
import { inSubjects } from '../../../platform/eventlog/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import { profileSection } from '../profile-section.ts';
import { runProfileRebuilds } from './rebuild-profiles.ts';
import { ago, type IdentityShop, openIdentityShop } from './testing/identity-shop.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(async () => {
  await world.close();
});

const ADA = 'userId:ada';
const uuidOf = (id: string) => parsePublicId('prf', id)!;

async function furnish(): Promise<IdentityShop> {
  const shop = await openIdentityShop(world);
  await shop.say(
    { type: 'identify', userId: 'ada', timestamp: ago(90), traits: { first_name: 'Ada', plan: 'plus' } },
    { event: 'Looked', userId: 'ada', timestamp: ago(80) },
    { type: 'identify', anonymousId: 'web', timestamp: ago(70), traits: { size: 'M' } },
  );
  return shop;
}

/** What a fault would do to a state. */
async function damage(shop: IdentityShop, id: string): Promise<void> {
  await inSubjects(world.services, { workspaceId: shop.workspaceId, ids: [uuidOf(id)] }, async (batch) => {
    const subject = batch.subjects.get(uuidOf(id))!;
    const state = subject.get(profileSection)!;
    subject.set(profileSection, { ...state, traits: { plan: ['free', 0] }, personal: '', lastSeenMs: 5 });
  });
}

const askRebuild = (shop: IdentityShop, pair: { from: string; into: string }) =>
  world.services.postgres.query({
    text: `insert into profile_rebuild (workspace_id, from_profile, into_profile, nodes, reason, asked_at)
           values ($1, $2, $3, '{}', 'test', now())`,
    values: [shop.workspaceId, uuidOf(pair.from), uuidOf(pair.into)],
  });
const waiting = async (shop: IdentityShop) =>
  (
    await world.services.postgres.query({
      text: 'select from profile_rebuild where workspace_id = $1',
      values: [shop.workspaceId],
    })
  ).rowCount;
const run = () => runProfileRebuilds(world.services, createProfileReshaper(world.services));

describe('a profile counted anew', () => {
  it('has the traits and the times that follow from its history', async () => {
    const shop = await furnish();
    const before = await shop.known(ADA);
    const id = await shop.idOf(ADA);
    await damage(shop, id);
    expect(await shop.known(ADA)).not.toEqual(before);
    expect((await shop.call('rebuildProfile', id)).status).toBe(204);
    expect(await shop.known(ADA)).toEqual(before);
    expect(before.traits).toEqual({ first_name: 'Ada', plan: 'plus' });
  });

  it('because a node was taken from it is counted on both sides, once', async () => {
    const shop = await furnish();
    const [from, into] = [await shop.idOf(ADA), await shop.idOf('anonymousId:web')];
    const before = [await shop.known(ADA), await shop.known('anonymousId:web')];
    await damage(shop, from);
    await damage(shop, into);
    await askRebuild(shop, { from, into });
    expect(await run()).toBe(1);
    expect(await run()).toBe(0);
    expect([await shop.known(ADA), await shop.known('anonymousId:web')]).toEqual(before);
  });

  it('waits while an event of it waits as a dead letter, and holds up nobody else', async () => {
    const [shop, other] = [await furnish(), await furnish()];
    const id = await shop.idOf(ADA);
    await world.services.postgres.query({
      text: `insert into log_dead_letter (reader, log, lane, seq, workspace_id, line, error, failed_at, id)
             select 'processor', 0, 0, -1, $1, format('[%s,"m","track","",0,0,%s,[%s],[10],"",{}]', $1::int, n.id, n.id), 'e', now(), gen_random_uuid()
             from identity_node n where workspace_id = $1 and kind = 10`,
      values: [shop.workspaceId],
    });
    await askRebuild(shop, { from: id, into: id });
    await askRebuild(other, { from: await other.idOf(ADA), into: await other.idOf(ADA) });
    expect(await run()).toBe(1);
    expect([await waiting(shop), await waiting(other)]).toEqual([1, 0]);
    const refused = await shop.call('rebuildProfile', id);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('dead letters')]);
    await world.services.postgres.query({
      text: 'delete from log_dead_letter where workspace_id = $1',
      values: [shop.workspaceId],
    });
    expect(await run()).toBe(1);
  });
});
