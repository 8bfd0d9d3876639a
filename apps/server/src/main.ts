import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, startApp } from './compose/app.ts';
import { type Config, ConfigError, readConfig } from './platform/config/index.ts';
import { createLogger, type Logger, redactText } from './platform/logger/index.ts';

const pageDir = resolve(dirname(fileURLToPath(import.meta.url)), '../../console/public');

/** What a forced stop may take until the engines of this process are down. */
const FORCED_MS_MAX = 10_000;
/** A service manager asks every process of a group at once, and the command line above passes it on. */
const SAME_WISH_MS = 1_000;

async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  const starting = startApp(config, { logger, pageDir });
  stopOnSignal(starting, { config, logger });
  const { url, operationsUrl, processId } = await starting;
  const { roles } = config;
  logger.info({ url, operationsUrl, processId, pid: process.pid, roles }, 'Segue is ready');
}

/** Heeds a signal from the first moment on: one that fell into the start would leave engines behind. */
function stopOnSignal(starting: Promise<App>, { config, logger }: { config: Config; logger: Logger }): void {
  let stoppingSince: number | undefined;
  let isForced = false;
  const force = (reason: string): void => {
    if (isForced) return;
    isForced = true;
    logger.error({ reason }, 'Segue stops without finishing what is under way');
    setTimeout(() => process.exit(1), FORCED_MS_MAX);
    starting
      .then((app) => app.abandon())
      .catch((error: unknown) => logger.error({ error }, 'the engines could not be stopped'))
      .finally(() => process.exit(1));
  };
  const stop = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (stoppingSince !== undefined)
      return nowMs - stoppingSince < SAME_WISH_MS ? undefined : force('a second signal came');
    stoppingSince = nowMs;
    logger.info({ signal }, 'Segue is stopping');
    starting
      .then((app) => {
        setTimeout(() => force('stopping took too long'), config.drainMs + config.stopTimeoutMs).unref();
        return app.stop();
      })
      .then(
        () => isForced || process.exit(0),
        (error: unknown) => {
          logger.error({ error }, 'Segue could not stop cleanly');
          if (!isForced) process.exit(1);
        },
      );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error: unknown) => {
  const message = error instanceof ConfigError || error instanceof Error ? error.message : String(error);
  process.stderr.write(`Segue could not start.\n${redactText(message)}\n`);
  process.exit(1);
});
