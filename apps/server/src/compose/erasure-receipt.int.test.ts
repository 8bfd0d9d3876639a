import type { AuditEntry } from '@segue/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runPrivacyRequests } from '../modules/privacy/index.ts';
import type { Services } from '../platform/context.ts';
import type { JsonObject } from '../platform/json.ts';
import type { Sql } from '../platform/postgres/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { customer, type ErasureWorld, openErasureWorld } from './testing/erasure-world.ts';

let erasures: ErasureWorld;
beforeAll(async () => {
  erasures = await openErasureWorld();
});
afterAll(() => erasures.close());

/** A process that is killed instead of saying its `fatal`th word to either engine, and says nothing any more. */
function mortal(services: Services, fatal: number): { services: Services; hasDied: () => boolean } {
  let said = 0;
  const speak = <T>(word: () => Promise<T>): Promise<T> =>
    (said += 1) >= fatal ? Promise.reject(new Error('killed')) : word();
  const sql = <S extends Sql>(inner: S): S => ({
    ...inner,
    query: (statement: Parameters<Sql['query']>[0]) => speak(() => inner.query(statement)),
  });
  const { postgres, history } = services;
  return {
    hasDied: () => said >= fatal,
    services: {
      ...services,
      postgres: {
        ...sql(postgres),
        transaction: (work, options) => speak(() => postgres.transaction((inner) => work(sql(inner)), options)),
      },
      history: {
        ...history,
        query: (query) => speak(() => history.query(query)),
        command: (command) => speak(() => history.command(command)),
      },
    },
  };
}

async function begin(word: string): Promise<string> {
  const { world, call } = erasures;
  await world.send(customer(word).events);
  await world.settle();
  const identifier = { kind: 'userId', value: `user-${word}-4711` };
  await erasures.ask('export', `user-${word}-4711`);
  return (await call('/api/v1/privacy/requests', { kind: 'erase', identifier }))['id'] as string;
}

async function receiptsOf(requestId: string): Promise<AuditEntry[]> {
  const { items } = await erasures.call('/api/v1/audit?action=privacy_request.done&limit=100');
  return (items as unknown as AuditEntry[]).filter(({ subject }) => subject === requestId);
}

const countsIn = ({ detail }: AuditEntry): JsonObject => (detail as { counts: JsonObject }).counts;

/** What the erasure under way has come to, once everything of her is gone. */
async function sweptCounts(): Promise<JsonObject | undefined> {
  const { rows } = await erasures.world.services.postgres.query<{ counts: JsonObject }>({
    text: `select counts from erasure where state = 'swept'`,
  });
  return rows[0]?.counts;
}

it('a kill before any statement of an erasure leaves one receipt, with all that was erased', async () => {
  const { world, call, pass } = erasures;
  const requestId = await begin('anne');
  let kills = 0;
  let swept: JsonObject | undefined;
  for (let fatal = 1, isDone = false; !isDone;) {
    // By then whoever worked on it counts as dead.
    pass(61_000);
    const process = mortal(world.services, fatal);
    const work = createRequestWork(createProfileReshaper(process.services));
    await runPrivacyRequests(process.services, work).catch(() => {});
    kills += process.hasDied() ? 1 : 0;
    // A step that outlived its last statement is over: the next is killed from its first on.
    fatal = process.hasDied() ? fatal + 1 : 1;
    swept = (await sweptCounts()) ?? swept;
    isDone = (await call(`/api/v1/privacy/requests/${requestId}`))['state'] === 'done';
    await world.settle();
  }
  expect(kills).toBeGreaterThan(40);
  expect(swept).toMatchObject({ identifiers: 4, exports: 1 });
  expect((await receiptsOf(requestId)).map(countsIn)).toEqual([swept]);
}, 120_000);
