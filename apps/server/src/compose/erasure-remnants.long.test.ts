import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forgetRemnants } from '../modules/privacy/index.ts';
import { findProfileId } from '../modules/profiles/index.ts';
import { publicId } from '../platform/ids/index.ts';
import { ensureDefaultTopics } from '../modules/consent/index.ts';
import { type World, WRITE_KEY } from '../modules/events/testing/world.ts';
import { customer, type ErasureWorld, openErasureWorld, repeat } from './testing/erasure-world.ts';
import { findInDatabaseFiles, findInHistoryFiles, findInLogFiles, type SoughtBytes } from './testing/find-bytes.ts';
import { withPostgres } from '../testkit/index.ts';
import { REWRITTEN_TABLES } from './privacy.ts';
import { findLastingSeals, spellings } from './testing/find-texts.ts';

let erasures: ErasureWorld;
let world: World;
beforeAll(async () => {
  erasures = await openErasureWorld();
  ({ world } = erasures);
  // The embedded engine is set so; of one's own it is the operator's to do.
  for (const text of ["alter system set wal_recycle = 'off'", 'select pg_reload_conf()'])
    await world.services.postgres.query({ text });
});
afterAll(() => erasures.close());

/** As the loop does that asks once a minute. */
async function forget(): Promise<number> {
  return (
    (await forgetRemnants(world.services, REWRITTEN_TABLES)) + (await forgetRemnants(world.services, REWRITTEN_TABLES))
  );
}

/** Whoever is at work at the instant of a round may make it wait for the next. */
const forgotten = (): Promise<boolean> => repeat(async () => (await forget()) === 1);

const plain = (secrets: readonly string[]): SoughtBytes[] => secrets.map((text) => ({ text, bytes: spellings(text) }));

/** What stands in files, without where. */
const what = (found: readonly string[]): string[] => [...new Set(found.map((line) => line.split(' in ')[0]!))];
const texts = (sought: readonly SoughtBytes[]): string[] => sought.map(({ text }) => text).sort();

/**
 * Sends a customer's events and looks for something of her in the write-ahead log at once: whoever else asks for a
 * checkpoint in between shortens it, and then the next customer is tried. Answers whose it found whole.
 */
function beforeAnyCheckpoint(word: string, sought: (word: string) => Promise<SoughtBytes[]>): Promise<string> {
  let tried = 0;
  return repeat(async () => {
    tried += 1;
    const name = `${word}${tried}`;
    await world.send(customer(name).events);
    await world.settle();
    const inLog = await sought(name);
    return (await findInLogFiles(world, inLog)).length === inLog.length && name;
  });
}

it('no byte of her keys, sealed values and events is in any file of either engine once her remnants are forgotten', async () => {
  const { postgres } = world.services;
  await world.send(customer('ruth').events);
  await world.settle();
  const olga = await beforeAnyCheckpoint('olga', async (word) => bytesOf(await nodesOf(`user-${word}-4711`)));
  // Statistics hold samples of what is stored.
  await postgres.query({ text: 'analyze' });
  const [hers, others] = [await nodesOf(`user-${olga}-4711`), await nodesOf('user-ruth-4711')];
  const [herEvents, otherEvents] = [await eventsOf(olga), await eventsOf('ruth')];
  expect(texts(bytesOf(hers))).toHaveLength(8);
  expect(await findInDatabaseFiles(world, bytesOf(hers))).toEqual(
    texts(bytesOf(hers)).map((text) => `${text} in identity_node`),
  );
  expect(what(await findInHistoryFiles(world, herEvents))).toEqual(texts(herEvents));

  expect(await erasures.ask('erase', `user-${olga}-4711`)).toMatchObject({ outcome: 'done' });
  await forgotten();
  expect(await findInDatabaseFiles(world, bytesOf(hers))).toEqual([]);
  expect(await findInLogFiles(world, bytesOf(hers))).toEqual([]);
  // What the rewrite left behind is removed by the engine, in its own time.
  await repeat(async () => (await world.count(INACTIVE_PARTS)) === 0);
  expect(await findInHistoryFiles(world, herEvents)).toEqual([]);

  // Her keyed hashes stay, to keep late events out; statistics may hold samples of them.
  const kept = await findInDatabaseFiles(world, hers.hashes);
  expect(what(kept)).toEqual(texts(hers.hashes));
  const places = ['erased_identifier', 'erased_identifier_pkey', 'pg_statistic'];
  expect(kept.filter((line) => !places.includes(line.split(' in ')[1]!))).toEqual([]);
  // Nobody else lost anything.
  expect(what(await findInDatabaseFiles(world, bytesOf(others)))).toEqual(texts(bytesOf(others)));
  expect(what(await findInHistoryFiles(world, otherEvents))).toEqual(texts(otherEvents));
}, 180_000);

it('nor is what was sealed with keys that outlive her', async () => {
  const { postgres } = world.services;
  const { secrets, events } = customer('ines');
  const userId = 'user-ines-4711';
  await ensureDefaultTopics(postgres, world.ctx.workspaceId);
  await world.send(events);
  // Refused, with her address in it.
  await world.post('/v1/batch', {
    writeKey: WRITE_KEY,
    batch: [{ type: 'track', userId, properties: { email: secrets[0]! }, messageId: 'ines-4' }],
  });
  await world.settle();
  const profile = (await findProfileId(world.ctx, { kind: 'userId', value: userId }))!;
  const said = { channel: 'email', topic: 'marketing', status: 'denied', source: 'telephone', text: secrets[2]! };
  await erasures.call(`/api/v1/profiles/${publicId('prf', profile)}/consents`, said);
  await repeat(async () => (await findLastingSeals(world, secrets)).length >= 2);
  await erasures.ask('export', userId);
  const body = { kind: 'restrict', identifier: { kind: 'userId', value: userId }, note: secrets[2]! };
  const { id } = await erasures.call('/api/v1/privacy/requests', body);
  await postgres.query({ text: 'analyze' });
  const seals = await findLastingSeals(world, secrets);
  expect([...new Set(seals.map(({ place }) => place))].toSorted()).toEqual([
    'postgres consent_record.proof',
    'postgres privacy_export_part.sealed',
    'postgres privacy_request.sealed',
    'postgres rejected_event.item_sealed',
  ]);
  const sought = seals.map(({ place, sealed }, at) => ({
    text: `${at}. ${place}`,
    // Of a long value, what fits the first piece of it in its side table.
    bytes: [sealed.subarray(0, 200)],
  }));
  expect(what(await findInDatabaseFiles(world, sought))).toHaveLength(sought.length);

  await erasures.finish(id as string);
  await erasures.ask('erase', userId);
  erasures.pass(3_600_000);
  await forgotten();
  expect(await findInDatabaseFiles(world, sought)).toEqual([]);
  expect(await findInLogFiles(world, sought)).toEqual([]);
}, 180_000);

it('nothing that says who somebody is ever stands in a file of either engine', async () => {
  const { postgres } = world.services;
  // Marks that must be found show that the right files are read.
  const marksOf = (word: string): SoughtBytes[] => plain([`find-${word}-in-the-log`]);
  const vera = await beforeAnyCheckpoint('vera', async (word) => {
    await postgres.query({
      text: 'insert into consent_topic (workspace_id, topic, name, is_marketing) values (999, $1, $1, true)',
      values: marksOf(word).map(({ text }) => text),
    });
    return marksOf(word);
  });
  const { secrets } = customer(vera);
  expect(await findInLogFiles(world, plain(secrets))).toEqual([]);
  const [mark] = marksOf(vera).map(({ text }) => text);
  expect(await findInDatabaseFiles(world, plain([...secrets, mark!]))).toEqual([
    `${mark} in consent_topic`,
    `${mark} in consent_topic_pkey`,
  ]);
  expect(await findInHistoryFiles(world, plain([...secrets, 'Order Completed']))).toEqual(['Order Completed in event']);
  await erasures.ask('erase', `user-${vera}-4711`);
  expect(await findInLogFiles(world, plain(secrets))).toEqual([]);
  expect(await findInDatabaseFiles(world, plain(secrets))).toEqual([]);
  expect(await findInHistoryFiles(world, plain(secrets))).toEqual([]);
}, 180_000);

it('remnants are forgotten at most once an hour', async () => {
  await world.send(customer('emma').events);
  await world.settle();
  erasures.pass(3_600_000);
  await erasures.ask('erase', 'user-emma-4711');
  await forgotten();
  expect(await forget()).toBe(0);
  await world.send(customer('ella').events);
  await world.settle();
  await erasures.ask('erase', 'user-ella-4711');
  expect(await forget()).toBe(0);
  erasures.pass(3_600_000);
  await forgotten();
}, 180_000);

it('remnants wait for whoever can still see her, and for whoever holds the table', async () => {
  const { postgres } = world.services;
  await world.send(customer('nina').events);
  await world.settle();
  erasures.pass(3_600_000);
  const profileId = (await findProfileId(world.ctx, { kind: 'userId', value: 'user-nina-4711' }))!;
  const { keys } = await nodesOf('user-nina-4711');
  const erase = (): Promise<boolean> => erasures.work.erasing!.erase(world.ctx, profileId);
  await postgres.transaction(async (sql) => {
    await sql.query({ text: 'set transaction isolation level repeatable read' });
    await sql.query({ text: 'select from consent_topic limit 1' });
    await erase();
    expect([await erase(), await forget()]).toEqual([false, 0]);
  });
  await repeat(erase);
  await postgres.transaction(async (sql) => {
    await sql.query({ text: 'lock table identity_node in access share mode' });
    expect(await forget()).toBe(0);
  });
  await forgotten();
  expect(await findInDatabaseFiles(world, keys)).toEqual([]);
}, 180_000);

it('remnants wait for readers nobody else waits for, as those that gather the statistics of a table', async () => {
  const { postgres } = world.services;
  await world.send(customer('nora').events);
  await world.settle();
  erasures.pass(3_600_000);
  const { keys } = await nodesOf('user-nora-4711');
  await erasures.ask('erase', 'user-nora-4711');
  await postgres.transaction(async (sql) => {
    await sql.query({ text: 'set transaction isolation level repeatable read' });
    await sql.query({ text: 'select from consent_topic limit 1' });
    // Whatever is changed from here on such a reader sees as it was.
    await postgres.query({ text: 'select pg_current_xact_id()' });
    expect(await forget()).toBe(0);
  });
  await forgotten();
  expect(await findInDatabaseFiles(world, keys)).toEqual([]);
}, 180_000);

it('a role that does not own the tables is told so once an hour, and nothing counts as forgotten', async () => {
  const role = `guest_${randomBytes(6).toString('hex')}`;
  const { services } = world;
  for (const text of [
    `create role ${role}`,
    `grant select, insert, update, delete on all tables in schema public to ${role}`,
  ])
    await services.postgres.query({ text });
  await world.send(customer('petra').events);
  await world.settle();
  erasures.pass(3_600_000);
  await erasures.ask('erase', 'user-petra-4711');
  const warned: string[] = [];
  const note = (_fields: object, message: string): void => void warned.push(message);
  const logger = { debug: note, info: note, warn: note, error: note };
  const url = new URL(erasures.engines.databaseUrl);
  url.searchParams.set('options', `-c role=${role}`);
  await withPostgres(url.href, async (postgres) => {
    const round = () => forgetRemnants({ ...services, postgres, logger }, REWRITTEN_TABLES);
    // A transaction that still sees her may be under way for a moment.
    for (let tries = 0; tries < 200 && warned.length === 0; tries++) expect(await round()).toBe(0);
    expect([await round(), await round()]).toEqual([0, 0]);
    expect(warned).toEqual([expect.stringContaining('the role does not own')]);
    erasures.pass(3_600_000);
    expect([await round(), warned.length]).toEqual([0, 2]);
  });
  await forgotten();
  for (const text of [`drop owned by ${role}`, `drop role ${role}`]) await services.postgres.query({ text });
}, 180_000);

const INACTIVE_PARTS = 'system.parts where database = currentDatabase() and not active';

interface Nodes {
  readonly keys: readonly SoughtBytes[];
  readonly values: readonly SoughtBytes[];
  readonly hashes: readonly SoughtBytes[];
}

const bytesOf = (nodes: Nodes): SoughtBytes[] => [...nodes.keys, ...nodes.values];

async function nodesOf(userId: string): Promise<Nodes> {
  const profileId = await findProfileId(world.ctx, { kind: 'userId', value: userId });
  const { rows } = await world.services.postgres.query<{ wrapped_key: Buffer; value: Buffer; hash: string }>({
    text: 'select wrapped_key, value, hash from identity_node where profile_id = $1 order by id',
    values: [profileId],
  });
  return {
    keys: rows.map(({ wrapped_key }, at) => ({ text: `key ${at}`, bytes: [wrapped_key] })),
    values: rows.map(({ value }, at) => ({ text: `value ${at}`, bytes: [value] })),
    hashes: rows.map(({ hash }, at) => ({ text: `hash ${at}`, bytes: [Buffer.from(hash.replaceAll('-', ''), 'hex')] })),
  };
}

/** Her events by what is theirs alone in the history: their ids, and what was sealed in them. */
async function eventsOf(word: string): Promise<SoughtBytes[]> {
  const rows = await world.services.history.query<{ message_id: string; sealed: string }>({
    sql: `select message_id, hex(sealed) as sealed from event where message_id like '${word}-%' order by message_id`,
  });
  expect(rows).toHaveLength(3);
  return rows.flatMap(({ message_id, sealed }) => [
    { text: `id ${message_id}`, bytes: [Buffer.from(message_id)] },
    { text: `sealed ${message_id}`, bytes: [Buffer.from(sealed, 'hex')] },
  ]);
}
