import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { migratePostgres, openPostgres, type Migration } from './index.ts';

const createPlace: Migration = {
  id: '20260101T0000_create-place',
  sql: 'create table place (id int); select pg_sleep(0.05);',
};
const fillPlace: Migration = { id: '20260102T0000_fill-place', sql: 'insert into place values (1)' };

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

const countPlaces = async () => (await db.postgres.query({ text: 'select from place' })).rowCount;

test('processes that start at once migrate once', async () => {
  const processes = Array.from({ length: 5 }, () =>
    openPostgres({ url: db.url, applicationName: 'segue-test', maxConnections: 1 }),
  );
  await Promise.all(processes.map((postgres) => migratePostgres(postgres, [fillPlace, createPlace])));
  await Promise.all(processes.map((postgres) => postgres.close()));
  expect(await countPlaces()).toBe(1);
});

test('a later start runs only what is new', async () => {
  await migratePostgres(db.postgres, [createPlace]);
  await migratePostgres(db.postgres, [createPlace, fillPlace]);
  await migratePostgres(db.postgres, [createPlace, fillPlace]);
  expect(await countPlaces()).toBe(1);
});

test('a migration that fails leaves nothing of itself and names itself', async () => {
  const broken: Migration = { id: '20260103T0000_broken', sql: 'insert into place values (2); select nonsense' };
  await expect(migratePostgres(db.postgres, [createPlace, broken])).rejects.toThrow(/20260103T0000_broken.*nonsense/);
  expect(await countPlaces()).toBe(0);
  await migratePostgres(db.postgres, [createPlace, { ...broken, sql: 'insert into place values (2)' }]);
  expect(await countPlaces()).toBe(1);
});

test('an edited migration is refused', async () => {
  await migratePostgres(db.postgres, [createPlace]);
  const edited = { ...createPlace, sql: 'create table place (id int8)' };
  await expect(migratePostgres(db.postgres, [edited])).rejects.toThrow(/20260101T0000_create-place was edited/);
});

test('a database from a newer version is refused', async () => {
  await migratePostgres(db.postgres, [createPlace, fillPlace]);
  await expect(migratePostgres(db.postgres, [createPlace])).rejects.toThrow(/20260102T0000_fill-place.*newer/);
});

test('two migrations of one id are refused before anything runs', async () => {
  await expect(migratePostgres(db.postgres, [createPlace, createPlace])).rejects.toThrow(/two migrations/);
});
