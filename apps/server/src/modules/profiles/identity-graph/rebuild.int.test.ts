import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, openApiWorld } from '../../../compose/testing/api-world.ts';
import { createProfileReshaper } from '../../../compose/stages.ts';
import { createContext } from '../../../platform/context.ts';
import { inSubjects, inTransaction, type RebuildBatch, type Reshaper } from '../../../platform/eventlog/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import { profilesPersonalData } from '../personal-data.ts';
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

const askRebuild = (shop: IdentityShop, pair: { from: string; into: string; nodes?: readonly number[] }) =>
  world.services.postgres.query({
    text: `insert into profile_rebuild (workspace_id, from_profile, into_profile, nodes, reason, asked_at)
           values ($1, $2, $3, $4::bigint[], 'test', now())`,
    values: [shop.workspaceId, uuidOf(pair.from), uuidOf(pair.into), pair.nodes ?? []],
  });

/** Lets an event of the shop's user ids wait as a dead letter. */
const bury = (shop: IdentityShop) =>
  world.services.postgres.query({
    text: `insert into log_dead_letter (reader, log, lane, seq, workspace_id, line, error, failed_at, id)
           select 'processor', 0, 0, -$1::int, $1, format('[%s,"m","track","",0,0,%s,[%s],[10],"",{}]', $1::int, n.id, n.id), 'e', now(), gen_random_uuid()
           from identity_node n where workspace_id = $1 and kind = 10`,
    values: [shop.workspaceId],
  });

/** Does nothing but look at what the stages would be given. */
const observed = (look: (batch: RebuildBatch) => void): Reshaper =>
  createProfileReshaper(world.services, [
    { name: 'looking', run: () => Promise.resolve(), rebuild: (batch) => Promise.resolve(batch).then(look) },
  ]);
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

  it('is counted though the one who took the node was erased before', async () => {
    const shop = await furnish();
    const [from, into] = [await shop.idOf(ADA), await shop.idOf('anonymousId:web')];
    const before = await shop.known(ADA);
    await damage(shop, from);
    await askRebuild(shop, { from, into });
    await askRebuild(shop, { from: into, into });
    const ctx = createContext(world.services, shop.workspaceId, { kind: 'system', name: 'test' });
    const erased = { profileId: uuidOf(into), profileIds: [uuidOf(into)], nodes: [], identifiers: [], values: [] };
    await inTransaction(ctx, async (tx) => profilesPersonalData.erase(tx, erased));
    expect(await waiting(shop)).toBe(1);
    expect(await run()).toBe(1);
    expect(await shop.known(ADA)).toEqual(before);
  });

  it('waits while an event of it waits as a dead letter, and holds up nobody else', async () => {
    const [shop, other] = [await furnish(), await furnish()];
    const id = await shop.idOf(ADA);
    await bury(shop);
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

  it('waits however often with however many others, and holds up nobody who asked later', async () => {
    const [shop, other] = [await furnish(), await furnish()];
    const id = await shop.idOf(ADA);
    await bury(shop);
    for (let i = 0; i < 51; i++) await askRebuild(shop, { from: id, into: id });
    await askRebuild(other, { from: await other.idOf(ADA), into: await other.idOf(ADA) });
    expect([await run(), await run()]).toEqual([0, 1]);
    expect([await waiting(shop), await waiting(other)]).toEqual([51, 0]);
    await world.services.postgres.query({
      text: 'delete from profile_rebuild where workspace_id = $1',
      values: [shop.workspaceId],
    });
  });

  it('that fails is told of, and holds up nobody', async () => {
    const [shop, other] = [await furnish(), await furnish()];
    const [failing, sound] = [await shop.idOf(ADA), await other.idOf(ADA)];
    await askRebuild(shop, { from: failing, into: failing });
    await askRebuild(other, { from: sound, into: sound });
    const faulty = observed((batch) => {
      if (batch.workspaceId === shop.workspaceId) throw new Error('out of order');
    });
    await expect(runProfileRebuilds(world.services, faulty)).rejects.toThrow('out of order');
    expect([await waiting(shop), await waiting(other)]).toEqual([1, 0]);
    expect(await run()).toBe(1);
  });

  it('gives what is filed under a node to whom it belongs by now, not to who took it', async () => {
    const shop = await furnish();
    await shop.say({ userId: 'bob' });
    const [ada, bob, web] = [await shop.idOf(ADA), await shop.idOf('userId:bob'), await shop.idOf('anonymousId:web')];
    const { rows } = await world.services.postgres.query<{ id: number }>({
      text: 'select id from identity_node where workspace_id = $1 and profile_id = $2',
      values: [shop.workspaceId, uuidOf(web)],
    });
    await askRebuild(shop, { from: ada, into: bob, nodes: rows.map((row) => row.id) });
    const given: unknown[] = [];
    const watched = observed(({ handovers }) => {
      for (const { from, into, nodes } of handovers) given.push([from.id, into.id, nodes.map(({ id }) => id)]);
    });
    expect(await runProfileRebuilds(world.services, watched)).toBe(1);
    expect(given).toEqual([[uuidOf(ada), uuidOf(web), [rows[0]!.id]]]);
  });
});
