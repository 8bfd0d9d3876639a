import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManualList } from '@segue/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTransferWorld, type TransferWorld } from '../../compose/testing/transfer-world.ts';
import { runImports } from './imports/run-imports.ts';

const segue = join(import.meta.dirname, '../../../../../scripts/segue.mjs');

let shop: TransferWorld;
let url: string;
let folder: string;
beforeEach(async () => {
  shop = await openTransferWorld();
  url = await shop.world.http.listen({ port: 0, host: '127.0.0.1' });
  folder = mkdtempSync(join(tmpdir(), 'segue-transfer-'));
});
afterEach(async () => {
  await shop.close();
  rmSync(folder, { recursive: true });
});

/** The command line as a person runs it, while imports are worked on. */
async function run(...args: string[]): Promise<{ code: number; output: string }> {
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
