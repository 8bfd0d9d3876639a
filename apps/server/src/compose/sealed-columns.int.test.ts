import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testkit/index.ts';
import { postgresMigrations } from './migrations.ts';
import { REWRITTEN_TABLES } from './privacy.ts';

/** Columns of bytes outside the tables that are written anew, each with why nothing of an erased customer outlives her there. */
const HARMLESS: Readonly<Record<string, string>> = {
  'api_key.hash': 'of a key, no customer',
  'audit_chain.hash': 'of entries without personal values',
  'audit_entry.hash': 'of entries without personal values',
  'connector.secrets': 'of a shop, no customer',
  'connector_device.key_sha256': 'of a till, no customer',
  'coupon_guess.who': 'a keyed hash that goes within hours',
  'coupon_hold.fingerprint': 'a hash of what was asked for',
  'coupon_offline_entry.fingerprint': 'a hash of what was asked for',
  'coupon_signing_key.public_key': 'of the workspace, no customer',
  'coupon_signing_key.sealed_key': 'of the workspace, no customer',
  'invite.hash': 'of an invitation of a member',
  'log_block.payload': 'personal values are sealed with her own keys, which go',
  'message.content_hash': 'a hash',
  'message.inline': 'sealed with her own key, which goes',
  'message.shown': 'sealed with her own key, which goes',
  'message.variables': 'sealed with her own key, which goes',
  'observed_event.state': 'names and kinds of fields, counted',
  'product_feed.body_sha256': 'of a file of products',
  'product_feed.credentials': 'of a shop, no customer',
  'product_feed_run.body_sha256': 'of a file of products',
  'profile_merge.outcome': 'sealed with her own keys, which go',
  'reservation_owner.wish_hash': 'a hash of what was asked for',
  'shopify_account.secret': 'of a shop, no customer',
  'sign_in_failure.address_hash': 'of a member',
  'sign_in_rate.key': 'of a member',
  'subject_state.state': 'personal values are sealed with her own keys, which go',
  'webhook_delivery.sealed': 'sealed with her own key, which goes',
  'webhook_endpoint.headers': 'of an endpoint, no customer',
  'webhook_endpoint.previous_secret': 'of an endpoint, no customer',
  'webhook_endpoint.secret': 'of an endpoint, no customer',
  'workspace.wrapped_key': 'of a workspace, no customer',
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(postgresMigrations);
});
afterAll(() => database.drop());

it('every column of bytes lies in a table that is written anew after erasures, or says here why not', async () => {
  const { rows } = await database.postgres.query<{ place: string; table_name: string }>({
    text: `select c.table_name || '.' || c.column_name as place, c.table_name from information_schema.columns c
           join information_schema.tables t using (table_schema, table_name)
           where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and (c.data_type = 'bytea' or c.udt_name = '_bytea')`,
  });
  const left = rows.filter((row) => !REWRITTEN_TABLES.includes(row.table_name)).map((row) => row.place);
  expect(left.sort()).toEqual(Object.keys(HARMLESS).sort());
});

it('every table that is written anew can be: it is there, with the index it is written by', async () => {
  const { rows } = await database.postgres.query<{ name: string }>({
    text: `select t.relname as name from pg_class t join pg_index i on i.indrelid = t.oid and i.indisprimary
           join pg_class p on p.oid = i.indexrelid where p.relname = t.relname || '_pkey' and t.relname = any($1)`,
    values: [REWRITTEN_TABLES],
  });
  expect(rows.map((row) => row.name).sort()).toEqual([...REWRITTEN_TABLES].sort());
});
