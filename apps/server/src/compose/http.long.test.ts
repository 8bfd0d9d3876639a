import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import {
  allows,
  api,
  type Endpoint,
  type Problem,
  ROLE_SCOPES,
  ROLES,
  type Scope,
  SCOPES,
  scopesOf,
} from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyRing } from '../modules/accounts/index.ts';
import { signInAs } from '../modules/accounts/testing/sign-in-as.ts';
import { runStockNews } from '../modules/inventory/index.ts';
import { type ApiWorld, endpointOf, type Keys, openApiWorld, urlOf } from './testing/api-world.ts';
import { EXAMPLES } from './testing/examples.data.ts';
import { furnishShop } from './testing/furnish-shop.ts';
import { EMAIL, type Shop } from './testing/shop.ts';

let world: ApiWorld;
let shop: Shop;
let neighbour: Keys;

beforeAll(async () => {
  world = await openApiWorld();
  neighbour = await world.addWorkspace('Neighbour');
  shop = await furnishShop(world, await world.addWorkspace('Shop'));
});
afterAll(() => world.close());

/** A path whose parameters are well formed and name nothing. */
const ID_NOUNS = ['prf', 'seg', 'jrn', 'tpl', 'msg', 'src', 'whk'] as const;
const nothing = (prefix: string) => `${prefix}_${'0'.repeat(32)}`;

describe('the management API', () => {
  it('is what the contract says: every endpoint is served, and nothing else', () => {
    const known = new Set<Endpoint>(Object.values(api));
    expect(world.operations).toEqual(Object.keys(api));
    expect([...world.registered].filter((endpoint) => !known.has(endpoint))).toEqual([]);
    const places = Object.values<Endpoint>(api).map(
      ({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`,
    );
    expect(new Set(places).size).toBe(places.length);
  });

  it('answers nobody without a key it knows: 401, with the remedy', async () => {
    for (const id of world.operations) {
      for (const key of [undefined, 'sk_wrong', shop.writeKey]) {
        const answer = await world.ask(id, key);
        expect([id, answer.status, answer.headers['www-authenticate']]).toEqual([id, 401, 'Bearer']);
        expect(answer.json<Problem>()).toMatchObject({ code: 'unauthenticated', errors: [{ field: 'Authorization' }] });
      }
    }
  });

  it('answers HEAD no more freely than GET', async () => {
    for (const id of world.reads) {
      const response = await world.app.inject({ method: 'HEAD', url: urlOf(endpointOf(id), {}) });
      expect([id, response.statusCode]).toEqual([id, 401]);
    }
  });

  it('lets a key do what its scopes say and nothing else, and names the scope it needs', async () => {
    const only = new Map<string, string>();
    const keyOf = async (scopes: readonly Scope[]): Promise<string> => {
      const key = only.get(scopes.join()) ?? (await world.addWorkspace(scopes.join(), scopes)).apiKey;
      only.set(scopes.join(), key);
      return key;
    };
    const allBut = new Map<string, string>();
    for (const scope of SCOPES) {
      const others = SCOPES.filter((other) => other !== scope);
      allBut.set(scope, (await world.addWorkspace(`not ${scope}`, others)).apiKey);
    }
    for (const id of world.operations) {
      const needed = scopesOf(endpointOf(id));
      for (const scope of needed) {
        const refused = await world.ask(id, allBut.get(scope));
        expect([id, refused.status]).toEqual([id, 403]);
        expect(refused.json<Problem>().title).toContain(`scope ${scope}`);
      }
      if (endpointOf(id).stream !== undefined) continue;
      expect([id, (await world.ask(id, await keyOf(needed))).status]).not.toEqual([id, 403]);
    }
  });

  it('lets a member do what her role says and nothing else, on every call', async () => {
    const { workspaceId } = await world.addWorkspace('Roles');
    for (const role of ROLES) {
      const { cookie, origin } = await signInAs(world, workspaceId, role);
      for (const id of world.operations) {
        const missing = scopesOf(endpointOf(id)).filter((scope) => !allows(ROLE_SCOPES[role], scope));
        const may = missing.length === 0;
        if (may && endpointOf(id).stream !== undefined) continue;
        const answer = await world.ask(id, undefined, { headers: { cookie, origin } });
        expect([role, id, answer.status, answer.text]).toEqual([
          role,
          id,
          may ? expect.not.toBeOneOf([401, 403]) : 403,
          expect.any(String),
        ]);
        if (!may) expect(answer.json<Problem>().title).toMatch(new RegExp(`scopes? ${missing.join(', ')}$`));
      }
    }
  }, 120_000);

  it('takes no change from the page of another site, though the member is signed in', async () => {
    const { cookie } = shop.owner;
    for (const id of world.changes) {
      const answer = await world.ask(id, undefined, { headers: { cookie, origin: 'https://evil.example' } });
      expect([id, answer.status]).toEqual([id, 403]);
    }
  });

  it('asks for a write scope wherever something changes, and for reading only where nothing does', () => {
    for (const id of world.operations) {
      const { scope, changesNothing, method, ownTransaction } = endpointOf(id);
      if (world.changes.includes(id) || ownTransaction === true)
        expect([id, scope]).toEqual([id, expect.stringMatching(/:write$/)]);
      else if (changesNothing !== true)
        expect([id, method, scope]).toEqual([id, 'GET', expect.stringMatching(/:read$/)]);
    }
    expect(allows(['profiles:read'], 'profiles:write')).toBe(false);
  });

  it('shows another workspace nothing, on any call that reads', async () => {
    const { profileId, segmentId, templateId, journeyId, messageId, apiKey, writeKey } = shop;
    const secrets = [profileId, segmentId, templateId, journeyId, messageId, apiKey, writeKey, EMAIL];
    for (const id of world.reads) {
      const example = await EXAMPLES[id](shop);
      const answer = await world.ask(id, neighbour.apiKey, example);
      expect([id, answer.status]).toEqual([id, example.params === undefined ? 200 : 404]);
      for (const secret of [...secrets, 'gold-plan', 'secret']) expect([id, answer.text]).not.toContain(secret);
    }
    const query = { identifier: `email:${EMAIL}` };
    const byEmail = await world.ask('listProfiles', neighbour.apiKey, { query });
    expect(byEmail.json()).toEqual({ items: [], nextCursor: null });
  });

  it('lets another workspace change nothing', async () => {
    for (const id of world.changes) {
      const example = await EXAMPLES[id](shop);
      await world.settle();
      const before = await world.rowsOf(shop.workspaceId);
      const { headers: _of, ...call } = example;
      const answer = await world.ask(id, neighbour.apiKey, call, { 'idempotency-key': `neighbour-${id}` });
      if (example.params !== undefined) expect([id, answer.status, answer.text]).toEqual([id, 404, expect.any(String)]);
      await world.settle();
      expect([id, await world.rowsOf(shop.workspaceId)]).toEqual([id, before]);
    }
  }, 120_000);
});

/** Every text of a body made unstorable, one that names a choice too. */
function garble(body: unknown, text: string): unknown {
  if (typeof body === 'string') return text;
  if (Array.isArray(body)) return body.map((inner) => garble(inner, text));
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([name, inner]) => [name, garble(inner, text)]));
}

describe('what does not fit', () => {
  const message = expect.stringMatching(/^(?!Invalid|Required|Unrecognized|Too |Expected).{8,}/);

  it('is refused with the field at fault and what to do, never with a fault of its own', async () => {
    const bodies = [{}, [], 5, 'text', { name: 5 }, { rule: [] }, { name: null, colour: 'red' }];
    for (const id of world.operations.filter((one) => endpointOf(one).body !== undefined)) {
      for (const body of bodies) {
        const payload = JSON.stringify(body);
        const answer = await world.ask(id, neighbour.apiKey, { body: payload }, { 'content-type': 'application/json' });
        expect([id, payload, answer.status < 500, answer.text]).toEqual([id, payload, true, expect.any(String)]);
        if (answer.status !== 400) continue;
        const { errors = [] } = answer.json<Problem>();
        expect([id, payload, errors.length]).not.toEqual([id, payload, 0]);
        for (const error of errors) expect([id, error]).toEqual([id, { field: expect.any(String), message }]);
      }
      const broken = await world.ask(
        id,
        neighbour.apiKey,
        { body: '{"broken' },
        { 'content-type': 'application/json' },
      );
      expect([id, broken.status]).toEqual([id, 400]);
    }
  });

  it('is text nobody can store: refused, wherever it stands', async () => {
    for (const id of world.operations.filter((one) => endpointOf(one).stream === undefined)) {
      const example = await EXAMPLES[id](shop);
      const { query } = endpointOf(id);
      for (const name of Object.keys(query?.shape ?? {})) {
        const answer = await world.ask(id, shop.apiKey, { ...example, query: { ...example.query, [name]: 'a\0b' } });
        expect([id, name, answer.status]).toEqual([id, name, 400]);
      }
      for (const garbled of ['a\0b', 'a\ud800b']) {
        const body = garble(example.body, garbled);
        const answer = await world.ask(id, shop.apiKey, { ...example, body });
        expect([id, answer.status < 500, answer.text]).toEqual([id, true, expect.any(String)]);
      }
    }
    expect(world.faults).toEqual([]);
  }, 120_000);

  it('names a parameter it does not know', async () => {
    for (const id of world.operations) {
      const body = endpointOf(id).body === undefined ? undefined : {};
      const answer = await world.ask(id, shop.apiKey, { query: { colour: 'red' }, body });
      expect([id, answer.status]).toEqual([id, 400]);
      expect(answer.json<Problem>().errors).toContainEqual({ field: 'colour', message });
    }
  });

  it('names a limit that is none, and a cursor that is of no list', async () => {
    for (const id of world.reads.filter((one) => endpointOf(one).query?.shape['limit'] !== undefined)) {
      const example = await EXAMPLES[id](shop);
      for (const limit of ['0', '501', '1.5', 'x', '']) {
        const answer = await world.ask(id, shop.apiKey, { ...example, query: { ...example.query, limit } });
        expect([id, limit, answer.status]).toEqual([id, limit, 400]);
        expect(answer.json<Problem>().errors).toEqual([
          { field: 'limit', message: 'give a whole number from 1 to 500' },
        ]);
      }
    }
    const forged = [['x'], [1, 2, 3, 4, 5, 6], [null], ['2026-13-99T99:99:99.999Z', {}], {}].map((key) =>
      Buffer.from(JSON.stringify(key)).toString('base64url'),
    );
    for (const id of world.reads.filter((one) => endpointOf(one).query?.shape['cursor'] !== undefined)) {
      const example = await EXAMPLES[id](shop);
      for (const cursor of [...forged, '\0', 'x', 'null']) {
        const answer = await world.ask(id, shop.apiKey, { ...example, query: { ...example.query, cursor } });
        expect([id, cursor, answer.status]).toEqual([id, cursor, 400]);
        expect(answer.json<Problem>().errors).toMatchObject([{ field: 'cursor' }]);
      }
    }
  });

  it('is an id that names nothing: 404', async () => {
    const ids = ['prf_x', '\0', 'x'.repeat(3_000), ...ID_NOUNS.map(nothing)];
    const withParams = world.operations.filter(
      (id) => endpointOf(id).path.includes('{') && endpointOf(id).stream === undefined,
    );
    for (const id of withParams) {
      const example = await EXAMPLES[id](shop);
      for (const name of Object.keys(example.params ?? {})) {
        for (const given of ids) {
          const params = { ...example.params, [name]: given };
          const answer = await world.ask(id, shop.apiKey, { ...example, params });
          expect([id, given, answer.status, answer.text]).toEqual([id, given, 404, expect.any(String)]);
        }
      }
    }
  });
});

describe('a stream', () => {
  it('sends what the contract says, as it happens', async () => {
    await world.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = world.app.server.address() as AddressInfo;
    const streams = world.operations.filter((id) => endpointOf(id).stream !== undefined);
    expect(streams.length).toBeGreaterThan(0);
    for (const id of streams) {
      const abort = new AbortController();
      const response = await fetch(`http://127.0.0.1:${port}${urlOf(endpointOf(id), {})}`, {
        headers: { authorization: `Bearer ${shop.apiKey}` },
        signal: abort.signal,
      });
      expect([id, response.headers.get('content-type')]).toEqual([id, 'text/event-stream']);
      const word = id === 'streamStock' ? await moveStock() : await sendEvent();
      const data = await untilData(response.body!, word);
      abort.abort();
      expect([id, endpointOf(id).stream?.safeParse(data).error]).toEqual([id, undefined]);
    }
  });

  it('does not keep a server from stopping, though its reader holds on', async () => {
    const other = await openApiWorld();
    const { apiKey } = await other.addWorkspace('Shop');
    await other.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = other.app.server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${apiKey}` };
    const streams = other.operations.filter((id) => endpointOf(id).stream !== undefined);
    const readers = await Promise.all(
      streams.map((id) => fetch(`http://127.0.0.1:${port}${urlOf(endpointOf(id), {})}`, { headers })),
    );
    await other.close();
    expect(readers.map(({ status }) => status)).toEqual(streams.map(() => 200));
  });
});

/** Answers a word that a stream of events says then. */
async function sendEvent(): Promise<string> {
  const event = { type: 'track', event: 'Watched', userId: 'ada', messageId: shop.word() };
  const payload = { writeKey: shop.writeKey, batch: [event] };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  return 'Watched';
}

/** Answers a word that a stream of stock says then. */
async function moveStock(): Promise<string> {
  await shop.call('recordStockMovements', await EXAMPLES.recordStockMovements(shop));
  await runStockNews(world.services);
  return 'totalAfter';
}

/** The data of the first message of a stream that speaks of this. */
async function untilData(body: ReadableStream<Uint8Array>, of: string): Promise<unknown> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const found = text
      .split('\n\n')
      .slice(0, -1)
      .find((message) => message.includes('\ndata: ') && message.includes(of));
    if (found !== undefined) return JSON.parse(found.slice(found.indexOf('data: ') + 'data: '.length));
  }
  throw new Error('the stream ended before');
}

describe('keys', () => {
  it('are kept as a hash: nobody who reads the table can use them', async () => {
    const { rows } = await world.services.postgres.query<{ row: string }>({
      text: 'select t::text as row from api_key t',
    });
    const all = rows.map(({ row }) => row).join('\n');
    for (const { apiKey } of [shop, neighbour]) {
      expect(all).not.toContain(apiKey);
      expect(all).not.toContain(Buffer.from(apiKey).toString('hex'));
    }
  });

  it('that were revoked open nothing in a process that has not seen them', async () => {
    const { apiKey, workspaceId } = await world.addWorkspace('Revoked');
    const text = 'update api_key set revoked_at = now() where workspace_id = $1';
    await world.services.postgres.query({ text, values: [workspaceId] });
    expect((await world.ask('listProfiles', apiKey)).status).toBe(401);
  });

  it('of a workspace open only with the secret it was made with', async () => {
    const other = createKeyRing(world.services.postgres, randomBytes(32));
    await expect(other.keysOf(shop.workspaceId)).rejects.toThrow('SEGUE_SECRET');
    await expect(world.services.keysOf(shop.workspaceId)).resolves.toBeDefined();
    await expect(world.services.keysOf(999_999)).rejects.toThrow('no workspace');
  });
});
