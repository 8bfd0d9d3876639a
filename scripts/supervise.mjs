import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const leash = new URL('./leash.mjs', import.meta.url).href;

/**
 * Starts `node script …args` on a leash and in a process group of its own, so that Ctrl-C reaches it once, through us,
 * and not a second time from the terminal. `exited` settles with its exit code.
 */
export function startProcess({ name, script, nodeFlags = [], args = [], env = {}, stdout = 'inherit' }) {
  const flags = ['--enable-source-maps', ...nodeFlags, '--import', leash];
  const child = spawn(process.execPath, [...flags, script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
    detached: true,
  });
  const exited = new Promise((done) => {
    child.on('error', (error) => {
      console.error(`${name}: ${error.message}`);
      done(127);
    });
    child.on('exit', (code, signal) => done(code ?? killedBy(signal)));
  });
  return { name, child, exited };
}

/** The exit code a shell reports for a death by this signal. */
const killedBy = (signal) => 128 + constants.signals[signal];

/** How long a server may take: its own limits (the variables of the same names), and a little to force itself. */
const graceOf = ({ SEGUE_DRAIN_MS = '', SEGUE_STOP_TIMEOUT_MS = '' }) =>
  Number(SEGUE_DRAIN_MS || 0) + Number(SEGUE_STOP_TIMEOUT_MS || 25_000) + 15_000;

/** Asks a process to stop and waits for it; one that is deaf for `graceMs` is killed, which counts as a failure. */
export async function stopProcess(
  { name, child, exited },
  { signal = 'SIGTERM', graceMs = graceOf(process.env) } = {},
) {
  child.kill(signal);
  let isKilled = false;
  const timer = setTimeout(() => {
    isKilled = true;
    console.error(`${name} did not stop within ${graceMs / 1000} s and is killed`);
    child.kill('SIGKILL');
  }, graceMs);
  const code = await exited;
  clearTimeout(timer);
  // One that had no handler yet died of what it was asked: that is a good end.
  return !isKilled && code === killedBy(signal) ? 0 : code;
}

/**
 * Watches over processes until one ends by itself or a signal asks all of them to. Then stops them in the given order,
 * and returns 0 only if all of them ended well and none ended unasked with a failure.
 */
export async function superviseUntilEnd(processes) {
  const end = await Promise.race([
    nextSignal().then((signal) => ({ signal })),
    ...processes.map((one) => one.exited.then((code) => ({ one, code }))),
  ]);
  if (end.code) console.error(`${end.one.name} ended (exit code ${end.code})`);
  const codes = end.one ? [end.code] : [];
  // Asked a second time, the one that is just stopping is to make it short.
  let stopping;
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping?.child.kill(signal));
  for (const one of processes) {
    stopping = one;
    if (one !== end.one) codes.push(await stopProcess(one, { signal: end.signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM' }));
  }
  return codes.find((code) => code !== 0) ?? 0;
}

function nextSignal() {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => done(signal));
  });
}
