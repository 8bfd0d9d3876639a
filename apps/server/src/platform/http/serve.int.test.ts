import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { defineEndpoint, jsonSchema } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase, serveRoutes, type TestDatabase } from '../../testkit/index.ts';
import { createContext, type Ctx } from '../context.ts';
import { deriveKey } from '../crypto/index.ts';
import { AppError } from '../errors.ts';
import { createEventLog, createLanes, eventlogMigrations, type TxCtx } from '../eventlog/index.ts';
import { httpMigrations } from './migrations/index.ts';

const note = defineEndpoint({
  method: 'POST',
  path: '/api/v1/notes/{id}',
  scope: 'workspace:write',
  tag: 'Workspace',
  summary: 'Keep a note',
  body: z.strictObject({ text: z.string() }),
  status: 201,
  answer: z.strictObject({ text: z.string() }),
});
const forget = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/notes/{id}',
  scope: 'workspace:write',
  tag: 'Workspace',
  summary: 'Forget a note',
  status: 204,
});

const weigh = defineEndpoint({
  method: 'POST',
  path: '/api/v1/weights',
  scope: 'workspace:read',
  tag: 'Workspace',
  summary: 'Take any JSON value',
  body: z.strictObject({ value: jsonSchema }),
  changesNothing: true,
  status: 204,
});

type Work = (ctx: TxCtx, id: string) => Promise<void>;

let database: TestDatabase;
let ctx: Ctx;
const logged: object[] = [];

beforeAll(async () => {
  database = await createTestDatabase([...eventlogMigrations, ...httpMigrations]);
  await createLanes(database.postgres);
  await database.postgres.query({ text: 'create table note (id text, text text)' });
  const root = randomBytes(32);
  const keys = { wrapping: deriveKey(root, 'w'), blind: deriveKey(root, 'b'), signing: deriveKey(root, 's') };
  const services = {
    postgres: database.postgres,
    history: undefined as never,
    clock: { now: () => Date.UTC(2026, 10, 22), realDelayMs: () => 0 },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => void logged.push(fields) },
    log: createEventLog(),
    keysOf: async () => keys,
  };
  ctx = createContext(services, 1, { kind: 'system', name: 'test' });
});
afterAll(() => database.drop());

/** A server that keeps a note and then does this. */
function serverOf(work: Work) {
  return serveRoutes(
    [
      (serve) => {
        serve(note, async ({ ctx: tx, params, body }) => {
          await tx.sql.query({ text: 'insert into note values ($1, $2)', values: [params.id, body.text] });
          await work(tx, params.id);
          return { text: body.text };
        });
        serve(weigh, () => undefined);
        serve(forget, ({ ctx: tx, params }) => work(tx, params.id));
      },
    ],
    () => ctx,
  );
}

async function keep(app: ReturnType<typeof serverOf>, id: string, key?: string) {
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  return app.inject({ method: 'POST', url: `/api/v1/notes/${id}`, payload: { text: 'hello' }, headers });
}

async function notes(id: string): Promise<number> {
  const { rowCount } = await database.postgres.query({ text: 'select from note where id = $1', values: [id] });
  return rowCount;
}

const lostRace = () => Object.assign(new Error('deadlock detected'), { code: '40P01' });

describe('a change', () => {
  it('that failed leaves nothing: not what it wrote, not what should follow, not its key', async () => {
    let followed = 0;
    const app = serverOf(async (tx) => {
      tx.afterCommit(async () => void followed++);
      throw new AppError('conflict', 'It is taken');
    });
    expect((await keep(app, 'failed', 'k1')).statusCode).toBe(409);
    expect([await notes('failed'), followed]).toEqual([0, 0]);
    const { rowCount } = await database.postgres.query({ text: `select from idempotency_key where key like '% k1'` });
    expect(rowCount).toBe(0);
  });

  it('that lost a race is done again whole, and once', async () => {
    let attempts = 0;
    const app = serverOf(async () => {
      if (++attempts < 3) throw lostRace();
    });
    expect((await keep(app, 'race', 'k2')).statusCode).toBe(201);
    expect([await notes('race'), attempts]).toEqual([1, 3]);
  });

  it('that loses every race gives up after three', async () => {
    let attempts = 0;
    const app = serverOf(async () => {
      attempts++;
      throw lostRace();
    });
    expect((await keep(app, 'loser')).statusCode).toBe(500);
    expect([await notes('loser'), attempts]).toEqual([0, 3]);
  });

  it('that stands in the way of another and the other in its own is done, and so is the other', async () => {
    const lock = (tx: TxCtx, key: number) => tx.sql.query({ text: 'select pg_advisory_xact_lock($1)', values: [key] });
    const [first, second] = [serverOf(crossing(1, 2)), serverOf(crossing(2, 1))];
    function crossing(one: number, other: number): Work {
      return async (tx) => {
        await lock(tx, one);
        await pause(100);
        await lock(tx, other);
      };
    }
    const answers = await Promise.all([keep(first, 'crossing'), keep(second, 'crossing')]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    expect(await notes('crossing')).toBe(2);
  });

  it('has happened though what should follow it could not be done', async () => {
    const app = serverOf(async (tx) => {
      tx.afterCommit(() => Promise.reject(lostRace()));
    });
    logged.length = 0;
    expect((await keep(app, 'tidy')).statusCode).toBe(201);
    expect([await notes('tidy'), logged.length]).toEqual([1, 1]);
  });

  it('without an answer is repeated without one', async () => {
    let times = 0;
    const app = serverOf(async () => void times++);
    const call = () =>
      app.inject({ method: 'DELETE', url: '/api/v1/notes/gone', headers: { 'idempotency-key': 'k3' } });
    const [first, again] = [await call(), await call()];
    expect([first.statusCode, first.body, first.headers['idempotent-replayed']]).toEqual([204, '', undefined]);
    expect([again.statusCode, again.body, again.headers['idempotent-replayed'], times]).toEqual([204, '', 'true', 1]);
  });

  it('under the key of another address or another body is refused', async () => {
    const app = serverOf(async () => undefined);
    expect((await keep(app, 'here', 'k4')).statusCode).toBe(201);
    expect((await keep(app, 'there', 'k4')).statusCode).toBe(409);
    const other = await app.inject({
      method: 'POST',
      url: '/api/v1/notes/here',
      payload: { text: 'other' },
      headers: { 'idempotency-key': 'k4' },
    });
    expect(other.statusCode).toBe(409);
    expect([await notes('here'), await notes('there')]).toEqual([1, 0]);
  });
});

describe('a body', () => {
  it("that is nested deeper than anything real is refused as the caller's mistake, not as a fault of ours", async () => {
    const app = serverOf(async () => undefined);
    logged.length = 0;
    const nested = async (levels: number) => {
      const payload = `{"value":${'['.repeat(levels)}${']'.repeat(levels)}}`;
      const headers = { 'content-type': 'application/json', 'idempotency-key': `deep${levels}` };
      return (await app.inject({ method: 'POST', url: weigh.path, payload, headers })).statusCode;
    };
    expect([await nested(50), await nested(1_000), await nested(500_000)]).toEqual([204, 400, 400]);
    expect(logged).toEqual([]);
  });
});

describe('an answer', () => {
  it('is kept by no cache on its way: it may hold personal values or a secret shown once', async () => {
    const answer = await keep(
      serverOf(async () => undefined),
      'private',
    );
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('changes that are asked for together', () => {
  const groups: string[][] = [];
  let isLost = false;

  /** Keeps the notes of a group; refuses what is called bad, and fails with what is called worse. */
  const app = () =>
    serveRoutes(
      [
        (serve) => {
          serve(note, {
            namesOf: ({ body }) => [body.text],
            async carryOut(tx, calls) {
              const ids = calls.map(({ params }) => params.id);
              groups.push(ids);
              await tx.sql.query({ text: 'insert into note select unnest($1::text[])', values: [ids] });
              if (isLost) {
                isLost = false;
                throw lostRace();
              }
              if (ids.some((id) => id.startsWith('worse'))) throw new Error('it cannot be done');
              return calls.map(({ params, body }) =>
                params.id.startsWith('bad') ? new AppError('conflict', `no ${params.id}`) : { text: body.text },
              );
            },
          });
        },
      ],
      () => ctx,
    );

  async function send(
    server: ReturnType<typeof app>,
    ids: readonly string[],
    fields: { text?: string; key?: string } = {},
  ) {
    groups.length = 0;
    const answers = await Promise.all(
      ids.map((id) =>
        server.inject({
          ...{ method: 'POST', url: `/api/v1/notes/${id}`, payload: { text: fields.text ?? id } },
          headers: { 'idempotency-key': `${fields.key ?? 'group'}-${id}` },
        }),
      ),
    );
    return answers.map(({ statusCode }) => statusCode);
  }

  it('share a transaction and answer each for itself, and one that is refused leaves its key free', async () => {
    const server = app();
    expect(await send(server, ['g1', 'bad1', 'g2'])).toEqual([201, 409, 201]);
    expect(groups).toEqual([['g1', 'bad1', 'g2']]);
    expect(await send(server, ['g1', 'bad1', 'g2'])).toEqual([201, 409, 201]);
    expect(groups).toEqual([['bad1']]);
  });

  it('wait for each other when they are about the same', async () => {
    expect(await send(app(), ['s1', 's2', 's3'], { text: 'same' })).toEqual([201, 201, 201]);
    expect(groups).toEqual([['s1'], ['s2'], ['s3']]);
  });

  it('are done again whole when they lost a race, and one by one when they fail', async () => {
    isLost = true;
    expect(await send(app(), ['r1', 'r2'])).toEqual([201, 201]);
    expect([groups, await notes('r1'), await notes('r2')]).toEqual([
      [
        ['r1', 'r2'],
        ['r1', 'r2'],
      ],
      1,
      1,
    ]);
    expect(await send(app(), ['w1', 'worse', 'w2'])).toEqual([201, 500, 201]);
    expect(groups).toEqual([['w1', 'worse', 'w2'], ['w1'], ['worse'], ['w2']]);
    expect([await notes('w1'), await notes('worse'), await notes('w2')]).toEqual([1, 0, 1]);
  });
});
