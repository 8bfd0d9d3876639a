import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { demoEnvironment } from './demo-world.mjs';
import { root, runStep } from './run-steps.mjs';
import { serverNodeFlags } from './server-flags.mjs';
import { startSandbox } from './sandbox.mjs';
import { startProcess, superviseUntilEnd } from './supervise.mjs';

const serverScript = join(root, 'apps/server/dist/server.js');
const sandboxScript = join(root, 'packages/sandbox/dist/sandbox.js');

/** Whether the demo is to run: unless SEGUE_DEMO says no. */
export function isDemoWanted({ SEGUE_DEMO: wish = '1' }) {
  if (['0', 'false', 'off', 'no'].includes(wish.toLowerCase())) return false;
  if (['1', 'true', 'on', 'yes', ''].includes(wish.toLowerCase())) return true;
  throw new Error(`SEGUE_DEMO is "${wish}": set it to 0 for an empty start, or to 1 for the demo.`);
}

/** Where this environment puts the server: `{ dataDir, port, url }`. */
export function placeOf(env) {
  const port = Number(env.SEGUE_PORT ?? 4100);
  const folder = env.SEGUE_DATA_DIR ?? (isDemoWanted(env) ? 'data/demo' : 'data');
  return { dataDir: resolve(folder), port, url: `http://127.0.0.1:${port}` };
}

async function build() {
  const { code, output } = await runStep({ name: 'build', command: ['node', 'scripts/build.mjs'] });
  if (code !== 0) throw new Error(`The build failed.\n${output}`);
}

const startServer = (env) => startProcess({ name: 'server', script: serverScript, nodeFlags: serverNodeFlags, env });

/** `segue start`: the server, and unless SEGUE_DEMO=0 the sandbox with its shop beside it. Returns the exit code. */
export async function start(env) {
  await build();
  const { dataDir, port, url } = placeOf(env);
  const isDemoFolder = existsSync(join(dataDir, 'demo-clock.json'));
  if (!isDemoWanted(env)) {
    if (isDemoFolder) console.error(`\n${holdsTheDemo(dataDir)}\n`);
    return superviseUntilEnd([startServer({ SEGUE_DATA_DIR: dataDir })]);
  }
  if (!isDemoFolder && existsSync(join(dataDir, 'secret'))) {
    console.error(`\n${holdsAShop(dataDir)}\n`);
    return superviseUntilEnd([startServer({ SEGUE_DATA_DIR: dataDir })]);
  }
  if (await isHealthy(url)) throw new Error(alreadyRunning(url));
  const demo = demoEnvironment(dataDir, env);
  const sandboxDir = join(dataDir, 'sandbox');
  mkdirSync(sandboxDir, { recursive: true });
  const sandbox = await startSandbox({
    script: sandboxScript,
    args: sandboxArgs({
      smtpPort: 0,
      webPort: port + 1,
      shopsPort: port + 2,
      server: url,
      writeKey: demo.SEGUE_WRITE_KEY,
      dataDir: sandboxDir,
    }),
    env: demo,
  });
  console.log(
    `\nStarting. Open these once it says that it is ready:\n  Segue      ${url}/#key=${demo.SEGUE_API_KEY}\n  or sign in as ${demo.SEGUE_ADMIN_EMAIL} with ${demo.SEGUE_ADMIN_PASSWORD}\n  mailbox    ${sandbox.mailboxUrl}\n`,
  );
  const smtpUrl = env.SEGUE_SMTP_URL ?? sandbox.smtpUrl;
  const server = startServer({ ...demo, SEGUE_DATA_DIR: dataDir, SEGUE_SMTP_URL: smtpUrl });
  // The server goes first: what it is just sending still finds the mail server.
  return superviseUntilEnd([server, sandbox.process]);
}

/** `segue demo`: only the sandbox, against a server that runs already. Returns the exit code. */
export async function demo(env, argv) {
  const { dataDir, port, url } = placeOf(env);
  const { values } = parseArgs({
    args: argv,
    options: {
      server: { type: 'string', default: url },
      'write-key': { type: 'string', default: env.SEGUE_WRITE_KEY ?? '' },
      'smtp-port': { type: 'string', default: '2525' },
      'web-port': { type: 'string', default: String(port + 1) },
      'shops-port': { type: 'string', default: String(port + 2) },
      'data-dir': { type: 'string', default: join(dataDir, 'sandbox') },
    },
  });
  if (!values['write-key'])
    throw new Error('segue demo needs the write key of the server: --write-key or SEGUE_WRITE_KEY.');
  await build();
  mkdirSync(values['data-dir'], { recursive: true });
  const sandbox = await startSandbox({
    script: sandboxScript,
    args: sandboxArgs({
      smtpPort: values['smtp-port'],
      webPort: values['web-port'],
      shopsPort: values['shops-port'],
      server: values.server,
      writeKey: values['write-key'],
      dataDir: values['data-dir'],
    }),
    env: {},
  });
  console.log(`\n  mailbox    ${sandbox.mailboxUrl}\n  SMTP       ${sandbox.smtpUrl}  (the server's SEGUE_SMTP_URL)\n`);
  return superviseUntilEnd([sandbox.process]);
}

function sandboxArgs({ smtpPort, webPort, shopsPort, server, writeKey, dataDir }) {
  const ports = { 'smtp-port': smtpPort, 'web-port': webPort, 'shops-port': shopsPort };
  const flags = { ...ports, server, 'write-key': writeKey, 'data-dir': dataDir };
  return Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}

async function isHealthy(url) {
  try {
    return (await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

const holdsTheDemo = (dataDir) =>
  `${dataDir} holds the demo shop, whose clock ran ahead. For a shop of your own set another SEGUE_DATA_DIR.`;
const holdsAShop = (dataDir) =>
  `${dataDir} holds a shop of its own, so the demo is not started in it. Set another SEGUE_DATA_DIR for the demo.`;
const alreadyRunning = (url) =>
  `Segue already answers on ${url}. Stop it first, or give this one its own SEGUE_PORT and SEGUE_DATA_DIR.`;
