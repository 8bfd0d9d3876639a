// A server reduced to its engines, for tests that kill it: prints its URLs and processes as one line, then waits.
import { startEngines } from '../platform/embedded/index.ts';
import { createLogger } from '../platform/logger/index.ts';

const [dataDir = ''] = process.argv.slice(2);
const engines = await startEngines({ config: { dataDir }, logger: createLogger('silent') });
const { postgresUrl, clickhouseUrl, processes } = engines;
process.once('SIGTERM', () => void engines.stop());
process.stdout.write(`${JSON.stringify({ postgresUrl, clickhouseUrl, processes })}\n`);
