import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { demoEnvironment } from './demo-world.mjs';
import { root, runStep } from './run-steps.mjs';
import { serverNodeFlags } from './server-flags.mjs';
import { startSandbox } from './sandbox.mjs';
import { startProcess, superviseUntilEnd } from './supervise.mjs';

const serverScript = join(root, 'apps/server/dist/server.js');
const sandboxScript = join(root, 'packages/sandbox/dist/sandbox.js');

/** Where this environment puts the server: `{ dataDir, port, url }`. */
export function placeOf(env) {
  const port = Number(env.SEGUE_PORT ?? 4100);
  return { dataDir: resolve(env.SEGUE_DATA_DIR ?? 'data'), port, url: `http://127.0.0.1:${port}` };
}

async function build() {
  const { code, output } = await runStep({ name: 'build', command: ['node', 'scripts/build.mjs'] });
  if (code !== 0) throw new Error(`The build failed.\n${output}`);
}

const startServer = (env) => startProcess({ name: 'server', script: serverScript, nodeFlags: serverNodeFlags, env });

/** `segue start`: the server, and unless SEGUE_DEMO=0 the sandbox with its shop beside it. Returns the exit code. */
export async function start(env) {
  await build();
  if (env.SEGUE_DEMO === '0') {
    return superviseUntilEnd([startServer({})]);
  }
  const { dataDir, port, url } = placeOf(env);
  if (await isHealthy(url)) throw new Error(alreadyRunning(url));
  const demo = demoEnvironment(dataDir, env);
  const sandboxDir = join(dataDir, 'sandbox');
  mkdirSync(sandboxDir, { recursive: true });
  const sandbox = await startSandbox({
    script: sandboxScript,
    args: sandboxArgs({
      smtpPort: 0,
      webPort: port + 1,
      server: url,
      writeKey: demo.SEGUE_WRITE_KEY,
      dataDir: sandboxDir,
    }),
    env: demo,
  });
  console.log(`\n  Segue      ${url}/#key=${demo.SEGUE_API_KEY}\n  mailbox    ${sandbox.mailboxUrl}\n`);
  const smtpUrl = env.SEGUE_SMTP_URL ?? sandbox.smtpUrl;
  const server = startServer({ ...demo, SEGUE_SMTP_URL: smtpUrl });
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
      server: values.server,
      writeKey: values['write-key'],
      dataDir: values['data-dir'],
    }),
    env: {},
  });
  console.log(`\n  mailbox    ${sandbox.mailboxUrl}\n  SMTP       ${sandbox.smtpUrl}  (the server's SEGUE_SMTP_URL)\n`);
  return superviseUntilEnd([sandbox.process]);
}

function sandboxArgs({ smtpPort, webPort, server, writeKey, dataDir }) {
  const flags = { 'smtp-port': smtpPort, 'web-port': webPort, server, 'write-key': writeKey, 'data-dir': dataDir };
  return Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}

async function isHealthy(url) {
  try {
    return (await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

const alreadyRunning = (url) =>
  `Segue already answers on ${url}. Stop it first, or give this one its own SEGUE_PORT and SEGUE_DATA_DIR.`;
