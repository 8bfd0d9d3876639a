import { spawn } from 'node:child_process';
import { until } from './until.ts';

export const API_KEY = 'ak_of_the_tests';
export const WRITE_KEY = 'wk_of_the_tests';

const OUTPUT_CHARS_MAX = 20_000;

export interface ServerOptions {
  /** What `node` runs, with its arguments. */
  readonly command: readonly string[];
  readonly dataDir: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended: its exit code, or the signal that killed it. */
export type ProcessEnd = number | NodeJS.Signals;

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  /** What it wrote, its end only. */
  output(): string;
  /** Resolves when it accepts events; rejects when it ends before. */
  ready(): Promise<void>;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<ProcessEnd>;
  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** kill -9. */
  kill(): Promise<void>;
}

/** Starts a whole server as a process of its own, with nothing of the environment but what is given here. */
export function startServer(options: ServerOptions): ServerProcess {
  const { command, dataDir, port, env } = options;
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['--enable-source-maps', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      SEGUE_DEMO: '0',
      SEGUE_DATA_DIR: dataDir,
      SEGUE_PORT: String(port),
      SEGUE_API_KEY: API_KEY,
      SEGUE_WRITE_KEY: WRITE_KEY,
      SEGUE_LOG_LEVEL: 'warn',
      ...env,
    },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let end: ProcessEnd | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (code, signal) => resolve((end = signal ?? code ?? 1)));
  });
  const finish = async (signal: NodeJS.Signals): Promise<ProcessEnd> => {
    if (end === undefined) child.kill(signal);
    return ended;
  };
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    output: () => output,
    ready: async () => {
      await until('the server accepts events', async () => end !== undefined || (await isHealthy(url)), {
        timeoutMs: 60_000,
        seen: () => output.slice(-2_000),
      });
      if (end !== undefined) throw new Error(`the server ended (${end}) before it was ready:\n${output}`);
    },
    stop: () => finish('SIGTERM'),
    signal: (signal) => void child.kill(signal),
    kill: async () => void (await finish('SIGKILL')),
  };
}

async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}
