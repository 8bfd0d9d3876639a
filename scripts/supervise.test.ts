// Real processes: a driver that supervises two small programs, as `segue start` supervises server and sandbox.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test, vi } from 'vitest';
import { plant, removePlanted } from './plant.ts';

const obedient = "process.on('SIGINT', () => end('SIGINT'));\nprocess.on('SIGTERM', () => end('SIGTERM'));\n";
const program = (start: string) => `
const name = process.argv[2];
const end = (why) => { console.log(name + ' ' + why); process.exit(0); };
setInterval(() => {}, 1000);
${start}
console.log(name + ' up ' + process.pid);
`;

const folder = plant({
  'obedient.mjs': program(obedient),
  'stubborn.mjs': program(
    "let heard = 0; process.on('SIGINT', () => (++heard === 2 ? end('twice') : console.log(name + ' heard 1')));",
  ),
  'failing.mjs': program(`${obedient}process.on('SIGUSR2', () => process.exit(3));`),
  'driver.mjs': `
import { startProcess, superviseUntilEnd } from '${resolve(import.meta.dirname, 'supervise.mjs')}';
const [first, second] = process.argv.slice(2);
process.exitCode = await superviseUntilEnd([
  startProcess({ name: 'first', script: first, args: ['first'] }),
  startProcess({ name: 'second', script: second, args: ['second'] }),
]);
`,
});

interface Driver {
  readonly child: ChildProcess;
  readonly said: string[];
  readonly ended: Promise<unknown[]>;
}

async function drive(first: string, second: string): Promise<Driver & { pids: number[] }> {
  const scripts = [first, second].map((name) => join(folder, `${name}.mjs`));
  const child = spawn(process.execPath, [join(folder, 'driver.mjs'), ...scripts], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => said.push(line));
  const ended = once(child, 'close');
  const ups = () => said.filter((line) => line.includes(' up '));
  await vi.waitFor(() => expect(ups()).toHaveLength(2), { timeout: 25_000 });
  return { child, said, ended, pids: ups().map((line) => Number(line.split(' ').at(-1))) };
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

afterAll(removePlanted);

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s reaches both, the first before the second, and all end well',
  async (signal) => {
    const { child, said, ended } = await drive('obedient', 'obedient');
    child.kill(signal);
    expect((await ended)[0]).toBe(0);
    expect(said.slice(-2)).toEqual([`first ${signal}`, `second ${signal}`]);
  },
);

test('a second signal reaches the one that is still stopping, and not the next', async () => {
  const { child, said, ended } = await drive('stubborn', 'obedient');
  child.kill('SIGINT');
  await vi.waitFor(() => expect(said).toContain('first heard 1'), { timeout: 25_000 });
  child.kill('SIGINT');
  expect((await ended)[0]).toBe(0);
  expect(said.slice(-2)).toEqual(['first twice', 'second SIGINT']);
});

test('when one fails, the other is stopped and the failure is passed on', async () => {
  const { said, ended } = await drive('failing', 'obedient');
  const first = said.find((line) => line.startsWith('first up '))!;
  process.kill(Number(first.split(' ').at(-1)), 'SIGUSR2');
  expect((await ended)[0]).toBe(3);
  expect(said.at(-1)).toBe('second SIGTERM');
});

test('nothing is orphaned when the supervisor itself is killed', async () => {
  const { child, pids } = await drive('obedient', 'obedient');
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 25_000 });
});
