import { createCommitter } from '../modules/events/index.ts';
import type { Config } from '../platform/config/index.ts';
import type { Logger } from '../platform/logger/index.ts';
import { createHttp } from './http.ts';
import { openServices } from './services.ts';
import { startWorker, type Worker } from './worker.ts';

export interface App {
  /** Where it listens; undefined without the role `api`. */
  readonly url: string | undefined;
  /** Answers what was asked, finishes what is under way, stops what was started. */
  stop(): Promise<void>;
}

/** A whole server in this process: engines, HTTP, background work, as the roles say. */
export async function startApp(config: Config, options: { logger: Logger; pageDir: string }): Promise<App> {
  const { logger, pageDir } = options;
  const opened = await openServices(config, logger);
  const { services, keyRing, processId } = opened;
  const committer = createCommitter(services);
  const http = config.roles.includes('api') ? createHttp({ services, keyRing, committer, pageDir }) : undefined;
  let worker: Worker | undefined;
  const stop = async (): Promise<void> => {
    await http?.close();
    await committer.drain();
    await worker?.stop();
    await opened.close();
  };
  try {
    const url = await http?.listen({ port: config.port, host: config.host });
    worker = config.roles.includes('worker') ? startWorker(config, services, processId) : undefined;
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
