import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Import, ManualList } from '@segue/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTransferWorld, type TransferWorld } from '../../compose/testing/transfer-world.ts';
import { runImports } from './imports/run-imports.ts';

const segue = join(import.meta.dirname, '../../../../../scripts/segue.mjs');

let shop: TransferWorld;
let url: string;
let folder: string;
let bad: Server | undefined;
beforeEach(async () => {
  shop = await openTransferWorld();
  url = await shop.world.http.listen({ port: 0, host: '127.0.0.1' });
  folder = mkdtempSync(join(tmpdir(), 'segue-transfer-'));
});
afterEach(async () => {
  bad?.close();
  bad = undefined;
  await shop.close();
  rmSync(folder, { recursive: true });
});

/** Processes take their time to start where many do. */
const MANY_RUNS_MS = 120_000;

/** The command line as a person runs it, while imports are worked on. */
async function run(...args: string[]): Promise<{ code: number; output: string }> {
  return runAgainst(url, args);
}

async function runAgainst(url: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [segue, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { SEGUE_URL: url, SEGUE_API_KEY: shop.apiKey },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const closed = once(child, 'close') as Promise<[number]>;
  let isOver = false;
  const over = closed.finally(() => (isOver = true));
  const { world } = shop;
  while (!isOver) {
    await runImports(world.services, { committer: world.committer, processId: world.processId });
    await Promise.race([over, world.settle()]);
  }
  const [code] = await closed;
  return { code, output };
}

/** The way to the server over a network that does each call, and loses the first answer to each of these. */
async function openBadNetwork(losing: RegExp): Promise<string> {
  const lost = new Set<string>();
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { authorization = '', 'idempotency-key': key, 'content-type': type } = request.headers;
      const answer = await fetch(`${url}${request.url}`, {
        method: request.method!,
        headers: {
          authorization,
          ...(key !== undefined && { 'idempotency-key': String(key) }),
          ...(type !== undefined && { 'content-type': type }),
        },
        ...(parts.length > 0 && { body: Buffer.concat(parts) }),
      });
      const call = `${request.method} ${request.url}`;
      if (losing.test(call) && lost.size < lost.add(call).size) return request.socket.destroy();
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      return response.end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  bad = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const importsOf = async () => (await shop.call<{ items: Import[] }>('GET', '/imports')).body.items;

it(
  'segue import takes a file once, though the answers to its calls are lost',
  async () => {
    const file = join(folder, 'customers.csv');
    writeFileSync(file, 'email\nada@shop.example\nbob@shop.example\n');
    const { code, output } = await runAgainst(await openBadNetwork(/^POST/), ['import', file, '--kind', 'profiles']);
    expect(output).toContain('done: 2 of 2 rows taken');
    expect(code).toBe(0);
    expect(await importsOf()).toHaveLength(1);
  },
  MANY_RUNS_MS,
);

it(
  'segue import run again takes no file twice, unless it is told to',
  async () => {
    const file = join(folder, 'events.csv');
    writeFileSync(file, 'event,email,timestamp\nVisited,ada@shop.example,2025-01-01\nVisited,ada@shop.example,never\n');
    expect((await run('import', file, '--kind', 'events')).code).toBe(3);
    const again = await run('import', file, '--kind', 'events');
    expect(again.output).toMatch(/imp_\w+ took this very file already/);
    expect(again.output).toContain('done: 1 of 2 rows taken');
    expect(again.code).toBe(3);
    expect(await importsOf()).toHaveLength(1);
    expect((await run('import', file, '--kind', 'events', '--dry-run')).output).toContain('1 of 2 rows would be taken');
    expect((await run('import', file, '--kind', 'events', '--again')).code).toBe(3);
    expect((await importsOf()).map(({ state }) => state).toSorted()).toEqual(['cancelled', 'done', 'done']);
  },
  MANY_RUNS_MS,
);

it(
  'segue import knows a file that has changed since, wherever it has',
  async () => {
    const file = join(folder, 'customers.csv');
    const begin = `email,note\n${`ada@shop.example,${'x'.repeat(1_000)}\n`.repeat(70)}`;
    writeFileSync(file, `${begin}old@shop.example,\n`);
    const refused = await run('import', file, '--kind', 'profiles', '--map', 'email=nonsense');
    expect(refused.code).toBe(1);
    writeFileSync(file, `${begin}new@shop.example,\n`);
    const done = await run('import', file, '--kind', 'profiles');
    expect(done.code, done.output).toBe(0);
    expect(done.output).not.toContain('going on with');
    const find = async (email: string) =>
      (await shop.call<{ items: object[] }>('GET', `/profiles?identifier=email:${email}`)).body.items.length;
    expect([await find('new@shop.example'), await find('old@shop.example')]).toEqual([1, 0]);
  },
  MANY_RUNS_MS,
);

it('segue import --list puts the customers of a file on a list', async () => {
  const file = join(folder, 'customers.csv');
  writeFileSync(file, 'email\nada@shop.example\nbob@shop.example\n');
  const { code, output } = await run('import', file, '--kind', 'profiles', '--list', 'Fair in May');
  expect(output).toContain('done: 2 of 2 rows taken');
  expect(code).toBe(0);
  const { body } = await shop.call<{ items: ManualList[] }>('GET', '/lists');
  expect(body.items).toMatchObject([{ name: 'Fair in May', members: 2 }]);
});

it('segue import --list names the list it cannot use', async () => {
  const file = join(folder, 'customers.csv');
  writeFileSync(file, 'email\nada@shop.example\n');
  const { code, output } = await run('import', file, '--kind', 'profiles', '--list', `lst_${'0'.repeat(32)}`);
  expect(output).toContain('options.list: is no list of this workspace');
  expect(code).toBe(1);
});

it('segue export tells how much it has written', async () => {
  await shop.importFile({ kind: 'profiles' }, 'email\nada@shop.example\nbob@shop.example\n');
  const out = join(folder, 'customers.ndjson');
  const { code, output } = await run('export', '--what', 'profiles', '--format', 'ndjson', '--out', out);
  expect(output).toMatch(/exported 100\.0 % {2}2 of 2 rows/);
  expect(code).toBe(0);
  expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(2);
});
