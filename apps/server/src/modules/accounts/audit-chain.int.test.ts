import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../platform/context.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { findBrokenAudit, recordAudit } from './index.ts';
import { openWorld, type Shop, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const change = (shop: Shop, subject: string) =>
  inTransaction(createContext(world.services, shop.workspaceId, { kind: 'system', name: 'test' }), (ctx) =>
    recordAudit(ctx, { action: 'thing.changed', subject, detail: { z: 1, a: [{ y: 'é', b: 2 }] } }),
  );
const verify = (shop: Shop, query = '') =>
  world.call('GET', `/api/v1/audit/verification${query}`, { key: shop.apiKey });
const run = (text: string, shop: Shop) => world.services.postgres.query({ text, values: [shop.workspaceId] });

/** An entry made up by somebody who can write to the database, with a hash that was once right. */
const putIn = (seq: string): string =>
  `insert into audit_entry (workspace_id, id, at, actor_kind, actor_id, action, seq, hash)
   select $1, gen_random_uuid(), now(), 'system', 'x', 'thing.changed', ${seq}, hash
   from audit_entry where workspace_id = $1 and seq = 4`;

async function shopWithEntries(count: number): Promise<Shop> {
  const shop = await world.addShop();
  for (let n = 1; n <= count; n++) await change(shop, `thing ${n}`);
  return shop;
}

describe('the audit chain in the database', () => {
  it('is one and unforked after 50 changes at once, and the list shows it', async () => {
    const shop = await world.addShop();
    await Promise.all(Array.from({ length: 50 }, (_, n) => change(shop, `thing ${n}`)));
    const { rows } = await run('select seq from audit_entry where workspace_id = $1 order by seq', shop);
    expect(rows.map((row) => row['seq'])).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    const { body } = await verify(shop);
    expect(body).toMatchObject({ intact: true, verified: 50, broken: null, next: null, head: { seq: 50 } });
    const list = await world.call('GET', '/api/v1/audit?action=thing&limit=1', { key: shop.apiKey });
    expect(list.body).toMatchObject({
      items: [{ seq: expect.any(Number), hash: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    const none = await world.call('GET', '/api/v1/audit?action=thing.made', { key: shop.apiKey });
    expect(none.body['items']).toEqual([]);
  });

  it('is followed in pieces', async () => {
    const shop = await shopWithEntries(5);
    let next: unknown = '';
    const verified: unknown[] = [];
    for (let after = ''; next !== null; after = `&after=${String(next)}`) {
      const { body } = await verify(shop, `?entries=2${after}`);
      verified.push(body['verified']);
      next = body['next'];
    }
    expect(verified).toEqual([2, 2, 1]);
  });

  it('names the first entry that was changed, taken away, cut off or put in, wherever it was put', async () => {
    const edits: [string, object][] = [
      [`update audit_entry set subject = 'other' where workspace_id = $1 and seq = 2`, { reason: 'changed', seq: 2 }],
      [
        `update audit_entry set at = at + interval '1 microsecond' where workspace_id = $1 and seq = 3`,
        { reason: 'changed', seq: 3 },
      ],
      [`delete from audit_entry where workspace_id = $1 and seq = 2`, { reason: 'missing', seq: 2, entryId: null }],
      [`delete from audit_entry where workspace_id = $1 and seq = 4`, { reason: 'missing', seq: 4, entryId: null }],
      [
        `insert into audit_entry (workspace_id, id, at, actor_kind, actor_id, action)
         values ($1, gen_random_uuid(), now(), 'system', 'x', 'thing.changed')`,
        { reason: 'unchained', seq: 0 },
      ],
      [putIn('0'), { reason: 'unchained', seq: 0 }],
      [putIn('-1'), { reason: 'unchained', seq: 0 }],
      [putIn('5'), { reason: 'unchained', seq: 5 }],
      [putIn('900'), { reason: 'unchained', seq: 5 }],
      [`delete from audit_chain where workspace_id = $1`, { reason: 'unchained', seq: 1 }],
    ];
    for (const [edit, broken] of edits) {
      const shop = await shopWithEntries(4);
      await run(edit, shop);
      expect((await verify(shop)).body).toMatchObject({ intact: false, broken, next: null });
      const found = await findBrokenAudit(world.services.postgres, world.services.keysOf);
      expect(found.broken).toBeDefined();
      await run('delete from audit_chain where workspace_id = $1', shop);
      await run('delete from audit_entry where workspace_id = $1', shop);
    }
  });

  it('answers for what was written before there was a chain', async () => {
    const shop = await world.addShop();
    const old = `insert into audit_entry (workspace_id, id, at, actor_kind, actor_id, action)
                 select $1, gen_random_uuid(), now(), 'system', 'x', 'thing.changed' from generate_series(1, 3)`;
    await run(old, shop);
    await change(shop, 'thing');
    expect((await verify(shop)).body).toMatchObject({ intact: true, verified: 2 });
    await run(`update audit_entry set actor_id = 'y' where workspace_id = $1 and seq is null`, shop);
    expect((await verify(shop)).body).toMatchObject({ intact: false, broken: { reason: 'unchained' } });
  });
});
