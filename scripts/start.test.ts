// `segue start` with the real command line, and a server and a sandbox that only say how they were started.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test, vi } from 'vitest';
import { plant, removePlanted } from './plant.ts';

const keepRunning = (name: string) => `
setInterval(() => {}, 1000);
process.on('SIGTERM', () => { say({ name: '${name}', stopped: true }); process.exit(0); });
`;
const say = 'const say = (message) => console.log(JSON.stringify(message));\n';

const folder = plant({
  'scripts/build.mjs': 'process.exit(0);\n',
  'apps/server/dist/server.js': `${say}${keepRunning('server')}
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('SEGUE_')));
say({ name: 'server', env });\n`,
  'packages/sandbox/dist/sandbox.js': `${say}${keepRunning('sandbox')}
if (process.env.SANDBOX_FAILS) process.exit(7);
say({ name: 'sandbox', args: process.argv.slice(2), clock: process.env.SEGUE_CLOCK });
say({ ready: true, smtpUrl: 'smtp://127.0.0.1:2599', mailboxUrl: 'http://127.0.0.1:4999/' });\n`,
  'package.json': '{ "type": "module" }\n',
});
for (const file of readdirSync(import.meta.dirname)) {
  if (file.endsWith('.mjs') && file !== 'build.mjs')
    copyFileSync(join(import.meta.dirname, file), join(folder, 'scripts', file));
}

interface Message {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly args?: string[];
  readonly clock?: string;
  readonly stopped?: boolean;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function startSegue(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(folder, 'scripts/segue.mjs'), 'start'], {
    cwd: folder,
    env: { PATH: process.env.PATH!, SEGUE_PORT: String(await freePort()), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const messages: Message[] = [];
  const spoken = (line: string) => /^(?:\[shop\] )?(\{"name".*)$/.exec(line)?.[1];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const json = spoken(line);
    if (json) messages.push(JSON.parse(json) as Message);
  });
  const ended = once(child, 'close');
  const heard = (name: string) => messages.find((message) => message.name === name && !message.stopped);
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await ended;
    return code as number;
  };
  return { messages, heard, ended, stop, server: () => vi.waitUntil(() => heard('server'), { timeout: 10_000 }) };
}

afterAll(removePlanted);

test('the sandbox is up before the server, which sends its mail there, on keys and a clock that outlive a restart', async () => {
  const env = { SEGUE_DATA_DIR: join(folder, 'demo-data') };
  const first = await startSegue(env);
  const { env: given } = await first.server();
  expect(first.messages.map((message) => message.name)).toEqual(['sandbox', 'server']);
  expect(given!.SEGUE_SMTP_URL).toBe('smtp://127.0.0.1:2599');
  expect(JSON.parse(given!.SEGUE_CLOCK!)).toMatchObject({ scale: 60 });
  expect(first.heard('sandbox')!.args).toContain(given!.SEGUE_WRITE_KEY);
  expect(first.heard('sandbox')!.clock).toBe(given!.SEGUE_CLOCK);
  expect(statSync(join(folder, 'demo-data/demo-keys.json')).mode & 0o777).toBe(0o600);
  expect(await first.stop()).toBe(0);
  expect(first.messages.slice(2).map((message) => message.name)).toEqual(['server', 'sandbox']);

  const second = await startSegue(env);
  const again = (await second.server()).env!;
  for (const name of ['SEGUE_WRITE_KEY', 'SEGUE_API_KEY', 'SEGUE_ADMIN_PASSWORD', 'SEGUE_CLOCK'])
    expect(again[name]).toBe(given![name]);
  expect(await second.stop()).toBe(0);
});

test('keys, clock and mail server that are set are left alone', async () => {
  const own = {
    SEGUE_WRITE_KEY: 'w',
    SEGUE_API_KEY: 'a',
    SEGUE_CLOCK: '{"scale":1}',
    SEGUE_SMTP_URL: 'smtp://mail:25',
  };
  const segue = await startSegue({ SEGUE_DATA_DIR: join(folder, 'own-data'), ...own });
  expect((await segue.server()).env).toMatchObject(own);
  expect(await segue.stop()).toBe(0);
});

test('with SEGUE_DEMO=0 the server starts alone, on real time', async () => {
  const segue = await startSegue({ SEGUE_DATA_DIR: join(folder, 'plain-data'), SEGUE_DEMO: '0' });
  const { env } = await segue.server();
  expect(env).not.toHaveProperty('SEGUE_CLOCK');
  expect(env).not.toHaveProperty('SEGUE_WRITE_KEY');
  expect(segue.heard('sandbox')).toBeUndefined();
  expect(await segue.stop()).toBe(0);
});

test('a sandbox that does not come up is a failed start, and no server is left behind', async () => {
  const segue = await startSegue({ SEGUE_DATA_DIR: join(folder, 'failed-data'), SANDBOX_FAILS: '1' });
  expect((await segue.ended)[0]).toBe(1);
  expect(segue.heard('server')).toBeUndefined();
});
