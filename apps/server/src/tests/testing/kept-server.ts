import { type ServerOptions, type ServerProcess, startServer } from './server-process.ts';

/** A server that is killed and started again on the same data folder and port. */
export interface KeptServer {
  readonly url: string;
  /** Milliseconds each start took until events were accepted. */
  readonly startsMs: readonly number[];
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What the process that runs now wrote, its end only. */
  output(): string;
}

export async function keepServer(options: ServerOptions): Promise<KeptServer> {
  const startsMs: number[] = [];
  let process: ServerProcess;
  const start = async (): Promise<void> => {
    const begunAt = performance.now();
    process = startServer(options);
    await process.ready();
    startsMs.push(Math.round(performance.now() - begunAt));
  };
  await start();
  return {
    url: `http://127.0.0.1:${options.port}`,
    startsMs,
    start,
    kill: () => process.kill(),
    stop: async () => void (await process.stop()),
    output: () => process.output(),
  };
}
