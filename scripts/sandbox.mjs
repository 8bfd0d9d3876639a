import { createInterface } from 'node:readline';
import { startProcess, stopProcess } from './supervise.mjs';

const readyWithinMs = 30_000;

/**
 * Starts the sandbox (mail server, mailbox page, shop) and waits until it listens. Resolves to `{ process, smtpUrl,
 * mailboxUrl }`; throws when it ends or stays silent before that.
 */
export async function startSandbox({ script, args, env }) {
  const sandbox = startProcess({ name: 'sandbox', script, args, env, stdout: 'pipe' });
  const lines = createInterface({ input: sandbox.child.stdout });
  const ready = new Promise((done) => {
    lines.on('line', (line) => {
      const message = line.startsWith('{"ready":true') ? JSON.parse(line) : undefined;
      if (message) done(message);
      else console.log(`[shop] ${line}`);
    });
  });
  let timer;
  const silence = new Promise((done) => {
    timer = setTimeout(() => done({ failure: `was not ready within ${readyWithinMs / 1000} s` }), readyWithinMs);
  });
  const ended = sandbox.exited.then((code) => ({ failure: `ended (exit code ${code}) before it was ready` }));
  const outcome = await Promise.race([ready, silence, ended]);
  clearTimeout(timer);
  if (outcome.failure) {
    await stopProcess(sandbox);
    throw new Error(`The sandbox ${outcome.failure}.`);
  }
  return { process: sandbox, smtpUrl: outcome.smtpUrl, mailboxUrl: outcome.mailboxUrl };
}
