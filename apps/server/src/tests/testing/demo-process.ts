import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const OUTPUT_CHARS_MAX = 5_000;

/** The demo's shops as a process of their own. */
export interface DemoProcess {
  start(): void;
  /** kill -9. */
  kill(): Promise<void>;
  /** What all of its processes wrote, the end only. */
  output(): string;
}

/** Nothing of the environment but what is given here. */
export function demoProcess(command: readonly string[], env: Readonly<Record<string, string>>): DemoProcess {
  let child: ChildProcess | undefined;
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
  };
  return {
    start() {
      child = spawn(process.execPath, ['--enable-source-maps', ...command], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'] ?? '', ...env },
      });
      child.stdout?.on('data', collect);
      child.stderr?.on('data', collect);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
    output: () => output,
  };
}
