import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ApiError, createClient } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { API_KEY, createEngines, type Engines, openWorld, type World } from '../modules/events/testing/world.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../../..');
const PACK_MS = 120_000;

let engines: Engines;
let world: World;
let url: string;

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work();
  url = await world.http.listen({ port: 0, host: '127.0.0.1' });
  await world.send(
    Array.from({ length: 7 }, (_, i) => ({
      type: 'identify',
      userId: `c${i}`,
      messageId: `m${i}`,
      traits: { plan: 'gold' },
    })),
  );
  await world.settle();
});

afterAll(async () => {
  await world.close();
  await engines.drop();
});

describe('the client', () => {
  it('reads, changes and walks whole lists', async () => {
    const segue = createClient({ url, apiKey: API_KEY });
    const seen: string[] = [];
    for await (const profile of segue.each('listProfiles', { query: { limit: 2 } })) seen.push(profile.id);
    expect(new Set(seen).size).toBe(7);
    const segment = await segue.createSegment({
      body: { name: 'Gold', rule: { trait: 'plan', op: 'equals', value: 'gold' } },
    });
    expect((await segue.getSegment({ id: segment.id })).name).toBe('Gold');
    await segue.archiveSegment({ id: segment.id });
  });

  it('sends a file as its bytes, takes one as bytes, and asks a list of words one by one', async () => {
    const segue = createClient({ url, apiKey: API_KEY });
    const { id } = await segue.createImport({ body: { kind: 'profiles', format: 'csv', name: 'people.csv' } });
    const body = new Uint8Array(Buffer.from('user_id,plan\nc1,gold\n'));
    expect(await segue.uploadImport({ id, query: { offset: 0 }, body })).toMatchObject({ sizeBytes: body.length });
    const made = await segue.createExport({ body: { what: 'profiles', format: 'csv', columns: ['traits.plan'] } });
    const file = await segue.getExportFile({ id: made.id });
    expect(Buffer.from(file).toString().match(/gold/g)).toHaveLength(7);
    const { items } = await segue.listProfiles();
    const answers = await segue.getAnswers({ id: items[0]!.id, query: { product: ['shoe', 'hat'] } });
    expect(answers.bought!.map((bought) => bought.id)).toEqual(['shoe', 'hat']);
  });

  it('tells what was wrong with which field', async () => {
    const segue = createClient({ url, apiKey: API_KEY });
    const refused = segue.createSegment({ body: { name: '', rule: { trait: 'plan', op: 'exists' } } });
    await expect(refused).rejects.toThrow(ApiError);
    await expect(refused).rejects.toMatchObject({
      status: 400,
      problem: { code: 'invalid', errors: [{ field: 'name' }] },
    });
  });

  it('does a thing once, though the answer was lost and the call repeated', async () => {
    let lost = 0;
    const lossy: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (lost++ > 0) return response;
      await response.arrayBuffer();
      throw new TypeError('the line broke');
    };
    const segue = createClient({ url, apiKey: API_KEY, fetch: lossy });
    const made = await segue.createSegment({ body: { name: 'Once', rule: { trait: 'plan', op: 'exists' } } });
    expect(lost).toBe(2);
    const { items } = await segue.listSegments();
    expect(items.filter(({ name }) => name === 'Once').map(({ id }) => id)).toEqual([made.id]);
  });

  it('comes back when it is told to, and gives up in the end', async () => {
    let calls = 0;
    const busy: typeof fetch = () => {
      calls++;
      return Promise.resolve(new Response('busy', { status: 503, headers: { 'retry-after': '0' } }));
    };
    const segue = createClient({ url, apiKey: API_KEY, fetch: busy, attemptsMax: 3 });
    await expect(segue.listProfiles()).rejects.toMatchObject({ status: 503 });
    expect(calls).toBe(3);
  });
});

describe('the package others install', () => {
  it(
    'has its types, needs nothing but zod, and talks to a running server',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'segue-client-'));
      try {
        const { stdout } = await run(process.execPath, [join(root, 'scripts/pack-contract.mjs'), folder]);
        const home = join(folder, 'node_modules/@segue/contract');
        await mkdir(home, { recursive: true });
        await run('tar', ['xzf', stdout.trim(), '-C', home, '--strip-components=1']);
        await symlink(join(root, 'node_modules/zod'), join(folder, 'node_modules/zod'));
        await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
        await writeFile(join(folder, 'shop.ts'), SHOP_PROGRAM);
        await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: SHOP_COMPILER }));
        const compiler = join(root, 'node_modules/typescript/bin/tsc');
        await run(process.execPath, [compiler, '-p', folder]).catch((error: { stdout: string }) => {
          throw new Error(error.stdout);
        });
        const said = await run(process.execPath, [join(folder, 'shop.js'), url, API_KEY]);
        expect(JSON.parse(said.stdout)).toEqual({ profiles: 7, plan: 'gold' });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    PACK_MS,
  );
});

const SHOP_COMPILER = {
  strict: true,
  target: 'es2022',
  lib: ['es2022', 'dom'],
  module: 'nodenext',
  types: [],
};

/** A wrong use stands beside the right one, so that the types are seen to refuse it. */
const SHOP_PROGRAM = `
import { createClient } from '@segue/contract';
declare const process: { argv: string[]; stdout: { write(text: string): void } };
const [, , url, apiKey] = process.argv;
const segue = createClient({ url: url!, apiKey: apiKey! });
const { items } = await segue.listProfiles({ query: { limit: 100 } });
const first = await segue.getProfile({ id: items[0]!.id });
// @ts-expect-error a profile is asked for by its id
void (() => segue.getProfile({}));
// @ts-expect-error there is no such query
void (() => segue.listProfiles({ query: { colour: 'red' } }));
process.stdout.write(JSON.stringify({ profiles: items.length, plan: first.traits['plan'] }));
`;
