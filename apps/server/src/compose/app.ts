import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { createCommitter } from '../modules/events/index.ts';
import type { Config } from '../platform/config/index.ts';
import { releaseLanes } from '../platform/eventlog/index.ts';
import { createDrain } from '../platform/http/index.ts';
import type { Logger } from '../platform/logger/index.ts';
import { createOutbound } from '../platform/outbound/index.ts';
import { createAccounts, createMemberMail } from './accounts.ts';
import { createHttp } from './http.ts';
import { readIntakeOptions } from './intake-options.ts';
import { createOperations } from './operations.ts';
import { openServices } from './services.ts';
import { watch } from './watch.ts';
import { startWorker, type Worker } from './worker.ts';

export interface App {
  /** Where it listens; undefined without the role `api`. */
  readonly url: string | undefined;
  /** Where `/metrics` is read without going through the API's port; undefined when there is no such listener. */
  readonly operationsUrl: string | undefined;
  readonly processId: string;
  /**
   * Says that it is leaving, gives its lanes to others, answers what was asked, finishes what is under way, stops what
   * was started.
   */
  stop(): Promise<void>;
  /** Stops the engines and leaves everything else as it is: what was not finished is taken up by the next start. */
  abandon(): Promise<void>;
}

/** A whole server in this process: engines, HTTP, background work, as the roles say. */
export async function startApp(config: Config, options: { logger: Logger; pageDir: string }): Promise<App> {
  const { logger, pageDir } = options;
  const intake = await readIntakeOptions(config);
  const opened = await openServices(config, logger);
  const { services, keyRing, processId } = opened;
  const committer = createCommitter(services);
  const drain = createDrain();
  const mail = createMemberMail(config);
  const accounts = createAccounts(services, keyRing, { secret: opened.secret, publicUrl: config.publicUrl, mail });
  const { publicUrl, accessLog, metricsToken } = config;
  const outbound = createOutbound({ allow: config.outboundAllow });
  const http = config.roles.includes('api')
    ? createHttp({
        services,
        keyRing,
        accounts,
        committer,
        pageDir,
        publicUrl,
        drain,
        accessLog,
        metricsToken,
        outbound,
        channels: new Set(config.smtpUrl === undefined ? [] : (['email'] as const)),
        ...intake,
      })
    : undefined;
  const operations = config.metricsPort === undefined ? undefined : createOperations(config, services, drain);
  const stopWatching = watch(services, { processId, roles: config.roles });
  let worker: Worker | undefined;
  const stop = async (): Promise<void> => {
    drain.begin();
    await Promise.all([
      worker?.stop().then(() => releaseLanes(services.postgres, processId)),
      http?.server.listening === true ? pause(config.drainMs) : undefined,
    ]);
    await http?.close();
    await committer.drain();
    await accounts.settle();
    await operations?.close();
    stopWatching();
    await opened.close();
  };
  const abandon = async (): Promise<void> => {
    http?.server.closeAllConnections();
    await opened.engines.stop();
  };
  try {
    const operationsUrl = await listen(operations, { port: config.metricsPort, host: config.metricsHost });
    const url = await listen(http, { port: config.port, host: config.host });
    worker = config.roles.includes('worker') ? startWorker(config, services, { processId, committer }) : undefined;
    return { url, operationsUrl, processId, stop, abandon };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listen(
  app: FastifyInstance | undefined,
  place: { port: number | undefined; host: string },
): Promise<string | undefined> {
  return app?.listen({ port: place.port ?? 0, host: place.host });
}
