import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, startApp } from './compose/app.ts';
import { ConfigError, readConfig } from './platform/config/index.ts';
import { createLogger, type Logger } from './platform/logger/index.ts';

const pageDir = resolve(dirname(fileURLToPath(import.meta.url)), '../../console/public');

async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  const starting = startApp(config, { logger, pageDir });
  stopOnSignal(starting, logger);
  const app = await starting;
  logger.info({ url: app.url, roles: config.roles }, 'Segue is ready');
}

/** Heeds a signal from the first moment on: one that fell into the start would leave engines behind. */
function stopOnSignal(starting: Promise<App>, logger: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'Segue is stopping');
    starting
      .then((app) => app.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ error }, 'Segue could not stop cleanly');
          process.exit(1);
        },
      );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error: unknown) => {
  const message = error instanceof ConfigError || error instanceof Error ? error.message : String(error);
  process.stderr.write(`Segue could not start.\n${message}\n`);
  process.exit(1);
});
