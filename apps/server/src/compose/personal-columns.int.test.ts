import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEngines, type Engines, openWorld, type World } from '../modules/events/testing/world.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import type { PersonalSubject } from '../platform/personal-data/index.ts';
import type { Transaction } from '../platform/postgres/index.ts';
import { PERSONAL_DATA } from './privacy.ts';

/** Tables that name a profile or a node and that no keeper empties, each with what happens to it instead. */
const NOT_KEPT: Readonly<Record<string, string>> = {
  audit_entry: 'holds public ids, hashes and counts; part of the chain that shows what was done',
  erasure: 'what is still to be tidied up; the row goes when that is done',
  identity_node: 'the row stays without key, value, hash and profile: late events are known by it',
  privacy_request: 'identifier and note go when it is over; hash and receipt stay',
  subject_state: 'removed with the subject itself, under the lock of its state',
};

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

/** The tables a keeper changes when somebody is erased. */
async function erasedTables(): Promise<Set<string>> {
  const tables = new Set<string>();
  const subject: PersonalSubject = {
    ...{ profileId: '0193a000-0000-7000-8000-000000000001', values: ['nobody@customer.example'] },
    identifiers: [{ kind: 'email', value: 'nobody@customer.example' }],
    ...{ profileIds: ['0193a000-0000-7000-8000-000000000001'], nodes: [2_000_000_001] },
  };
  await inTransaction(world.ctx, async (ctx) => {
    const sql: Transaction = {
      query: (query) => {
        for (const [, table] of query.text.matchAll(/(?:delete from|update) ([a-z_]+)/g)) tables.add(table!);
        return ctx.sql.query(query);
      },
      copyInto: (table, columns, rows) => ctx.sql.copyInto(table, columns, rows),
    };
    for (const keeper of PERSONAL_DATA) await keeper.erase({ ...ctx, sql }, subject);
  });
  return tables;
}

it('every table that says whom a row is about is emptied by a keeper, or says here why not', async () => {
  const { rows } = await world.services.postgres.query<{ table_name: string }>({
    text: `select distinct c.table_name from information_schema.columns c
           join information_schema.tables t using (table_schema, table_name)
           where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
             and c.column_name ~ '(^|_)(profile|profiles|node|nodes|subject|member)(_id|_ids|$)'`,
  });
  const named = rows.map((row) => row.table_name);
  expect(named).toContain('identity_node');
  const erased = await erasedTables();
  const notErased = named.filter((table) => !erased.has(table)).sort();
  expect(notErased).toEqual(Object.keys(NOT_KEPT).sort());
});
