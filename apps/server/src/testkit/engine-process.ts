import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { EngineProcess } from '../platform/embedded/index.ts';
import { bundleProgram } from './bundle-program.ts';

export interface EngineServer {
  readonly child: ChildProcess;
  readonly postgresUrl: string;
  readonly clickhouseUrl: string;
  readonly processes: readonly EngineProcess[];
  /** Sends a signal to the server, not to its engines, and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a process that runs both engines in `dataDir`; rejects with its error output when it ends before they serve. */
export async function startEngineServer(dataDir: string): Promise<EngineServer> {
  const program = await bundleProgram(join(import.meta.dirname, 'run-engines.ts'));
  const child = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    once(child, 'close').then(() => Promise.reject(new Error(errors))),
  ]);
  const started = JSON.parse(line) as Pick<EngineServer, 'postgresUrl' | 'clickhouseUrl' | 'processes'>;
  return {
    ...started,
    child,
    end: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
