import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, type Keys, NOW, openApiWorld } from '../../../compose/testing/api-world.ts';
import { createContext } from '../../../platform/context.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { makeTempFolder, serveRoutes } from '../../../testkit/index.ts';
import { privacyRequestRoutes } from './request-routes.ts';
import { sealPiece } from './sealed-request.ts';

let world: ApiWorld;
let keys: Keys;
const folder = makeTempFolder();
let app: FastifyInstance | undefined;
beforeAll(async () => {
  world = await openApiWorld();
  keys = await world.addWorkspace('Shop');
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(async () => {
  await world.close();
  folder.remove();
});

/** An export that is done, with these pieces; answers its id. */
async function addExport(pieces: readonly (readonly JsonObject[])[]): Promise<string> {
  const { postgres, keysOf } = world.services;
  const { workspaceId } = keys;
  const id = newUuid(NOW);
  await postgres.query({
    text: `insert into privacy_request (workspace_id, id, kind, regulation, state, origin, suppress, created_at, due_at,
             next_at, outcome, finished_at)
           values ($1, $2, 'export', 'gdpr', 'done', 'api', false, $3, $3, $3, 'done', $3)`,
    values: [workspaceId, id, new Date(NOW)],
  });
  const workspaceKeys = await keysOf(workspaceId);
  for (const [part, items] of pieces.entries()) {
    await postgres.query({
      text: 'insert into privacy_export_part (workspace_id, request_id, part, sealed, created_at) values ($1, $2, $3, $4, $5)',
      values: [workspaceId, id, part, sealPiece(workspaceKeys, { items: [...items] }), new Date(NOW)],
    });
  }
  return id;
}

const fetchExport = (id: string, apiKey: string) =>
  world.ask('getPrivacyExport', apiKey, { params: { id: publicId('prq', id) } });

/** Who fetched which file, as the audit of a workspace says. */
async function fetches(apiKey: string): Promise<JsonObject[]> {
  const query = { action: 'privacy_export.fetched' };
  return (await world.ask('listAuditEntries', apiKey, { query })).json<{ items: JsonObject[] }>().items;
}

describe('the file of an export', () => {
  it('of several pieces comes whole and in order, and the audit says who fetched which, and when', async () => {
    const pieces = [[{ n: 1, text: '"]}' }, { n: 2 }], [], [{ n: 3, of: [null, { deep: 'ä\u2028' }] }], [{ n: 4 }], []];
    const id = await addExport(pieces);
    const answer = await fetchExport(id, keys.apiKey);
    const request = publicId('prq', id);
    expect(answer.json()).toEqual({ request, exportedAt: new Date(NOW).toISOString(), data: pieces.flat() });
    expect(await fetches(keys.apiKey)).toMatchObject([
      { actor: { kind: 'apiKey' }, subject: request, at: new Date(NOW).toISOString() },
    ]);
  });

  it('is nothing to a key that may not read privacy requests, nor to one of another workspace', async () => {
    const id = await addExport([[{ secret: 'hers' }]]);
    const before = await fetches(keys.apiKey);
    const other = await world.addWorkspace('Other');
    const body = { name: 'Unfit', scopes: ['profiles:read', 'privacy:write'] };
    const unfit = (await world.ask('createApiKey', keys.apiKey, { body })).json<{ key: string }>().key;
    for (const [apiKey, status] of [
      [other.apiKey, 404],
      [unfit, 403],
      ['sk_wrong', 401],
    ] as const) {
      const answer = await fetchExport(id, apiKey);
      expect([answer.status, answer.text]).toEqual([status, expect.not.stringContaining('hers')]);
    }
    expect([await fetches(keys.apiKey), await fetches(other.apiKey)]).toEqual([before, []]);
  });
});

const PIECES = 48;
const PIECE = 'x'.repeat(1_000_000);

/** The routes on a server whose reading of pieces is watched, at a socket that holds little. */
async function watchReading(onPart: (read: number) => unknown): Promise<(id: string) => Promise<IncomingMessage>> {
  const actor = { kind: 'system', name: 'test' } as const;
  const ctx = createContext(world.services, keys.workspaceId, actor);
  let read = 0;
  const sql: Sql = {
    async query(statement) {
      if (statement.name === 'export_part_find') await onPart(++read);
      return ctx.sql.query(statement);
    },
  };
  app = serveRoutes([privacyRequestRoutes], () => ({ ...ctx, sql }));
  const socketPath = join(folder.path, `${newUuid(NOW)}.sock`);
  await app.listen({ path: socketPath });
  return async (id) => {
    const path = `/api/v1/privacy/requests/${publicId('prq', id)}/export`;
    const [response] = (await once(get({ socketPath, path }), 'response')) as [IncomingMessage];
    return response.setEncoding('utf8');
  };
}

describe('a file of many megabytes', () => {
  it('is read piece by piece as fast as it is taken, and is never in memory whole', async () => {
    const id = await addExport(Array.from({ length: PIECES }, (_, n) => [{ n, text: PIECE }]));
    let [received, ahead] = [0, 0];
    const fetchFile = await watchReading((read) => {
      ahead = Math.max(ahead, read - Math.floor(received / PIECE.length));
    });
    let text = '';
    for await (const chunk of (await fetchFile(id)) as AsyncIterable<string>) {
      text += chunk;
      received += chunk.length;
    }
    const { data } = JSON.parse(text) as { data: { n: number; text: string }[] };
    expect(data.map(({ n }) => n)).toEqual(Array.from({ length: PIECES }, (_, n) => n));
    expect(data.every((item) => item.text === PIECE)).toBe(true);
    expect(ahead).toBeLessThan(10);
  });

  it('that is deleted while somebody fetches it breaks off, and is no JSON', async () => {
    const id = await addExport(Array.from({ length: 4 }, (_, n) => [{ n, text: PIECE }]));
    const { postgres } = world.services;
    const fetchFile = await watchReading((read) =>
      read < 3
        ? undefined
        : postgres.query({ text: 'delete from privacy_export_part where request_id = $1', values: [id] }),
    );
    const faults = world.faults.length;
    const response = await fetchFile(id);
    let text = '';
    response.on('data', (chunk: string) => (text += chunk));
    await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(world.faults.slice(faults)).toEqual([expect.stringContaining('an answer broke off in the middle')]);
    expect(world.faults.slice(faults).join()).not.toContain('xxx');
  });
});
