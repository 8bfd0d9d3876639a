import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { deriveKey } from '../../platform/crypto/index.ts';
import { eventlogMigrations, Subject } from '../../platform/eventlog/index.ts';
import type { Sql, Statement } from '../../platform/postgres/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { profilesMigrations } from '../profiles/index.ts';
import { FACTS, type Fact } from './facts.ts';
import { loadFacts } from './load-facts.ts';
import { defineShopFacts } from './shop-facts.ts';
import { segmentsMigrations } from './migrations/index.ts';

let database: TestDatabase;

beforeAll(async () => {
  const migrations = [
    eventlogMigrations,
    accountsMigrations,
    profilesMigrations,
    consentMigrations,
    segmentsMigrations,
  ];
  database = await createTestDatabase(migrations.flat());
  const nobody = () => Promise.resolve(new Map());
  defineShopFacts({ orders: nobody, baskets: nobody, points: nobody, coupons: nobody });
});
afterAll(() => database.drop());

/** What it takes to load these facts of so many profiles. */
async function queriesFor(facts: readonly Fact[], profiles: number): Promise<(string | undefined)[]> {
  const asked: (string | undefined)[] = [];
  const sql: Sql = {
    query(statement: Statement) {
      asked.push(statement.name);
      return database.postgres.query(statement);
    },
  };
  const root = Buffer.alloc(32, 1);
  const keys = { wrapping: deriveKey(root, 'w'), blind: deriveKey(root, 'b'), signing: deriveKey(root, 's') };
  const subjects = Array.from({ length: profiles }, () => new Subject(randomUUID()));
  const reader = { workspaceId: 1, sql, keysOf: () => Promise.resolve(keys) };
  const factsOf = await loadFacts(reader, subjects, { facts: new Set(facts), zone: 'Europe/Berlin' });
  for (const subject of subjects) expect(factsOf(subject).zone()).toBe('Europe/Berlin');
  return asked;
}

describe('facts of a batch', () => {
  it('that no rule reads cost no query', async () => {
    expect(await queriesFor([], 20)).toEqual([]);
    expect(await queriesFor(['$profile', '$lifecycle'], 20)).toEqual([]);
  });

  it('cost as many queries of one profile as of a thousand', async () => {
    for (const fact of FACTS) expect(await queriesFor([fact], 1_000)).toEqual(await queriesFor([fact], 1));
    const all = await queriesFor(FACTS, 1_000);
    expect(all.filter((name) => name === 'consent_state_find')).toHaveLength(1);
    expect(all.filter((name) => name === 'manual_list_of_profiles')).toHaveLength(1);
    expect(all.length).toBeLessThanOrEqual(12);
  });

  it('that were not loaded are not answered', async () => {
    const subject = new Subject(randomUUID());
    const reader = { workspaceId: 1, sql: database.postgres, keysOf: () => Promise.reject(new Error('not asked for')) };
    const factsOf = await loadFacts(reader, [subject], { facts: new Set<Fact>(['$list']), zone: 'UTC' });
    expect(factsOf(subject).isOnList(`lst_${'0'.repeat(32)}`)).toBe(false);
    expect(() => factsOf(subject).place()).toThrow('$place was not loaded');
  });
});
