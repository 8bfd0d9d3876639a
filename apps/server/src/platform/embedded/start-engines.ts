import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../logger/index.ts';
import { engineUrlsFile, lockDataDir } from './lock-data-dir.ts';
import { startEmbeddedClickHouse } from './start-embedded-clickhouse.ts';
import { startEmbeddedPostgres, type EmbeddedEngine } from './start-embedded-postgres.ts';

export interface EngineConfig {
  readonly dataDir: string;
  /** Your own PostgreSQL; embedded when absent. */
  readonly postgresUrl?: string | undefined;
  /** Your own ClickHouse; embedded when absent. */
  readonly clickhouseUrl?: string | undefined;
}

export interface EngineProcess {
  readonly name: string;
  readonly pid: number;
}

export interface Engines {
  readonly postgresUrl: string;
  readonly clickhouseUrl: string;
  /** The embedded engines' processes as they are now. */
  readonly processes: EngineProcess[];
  stop(): Promise<void>;
}

/** Starts the engines that are not given by URL. Refuses a data folder whose engines another process runs. */
export async function startEngines(options: { config: EngineConfig; logger: Logger }): Promise<Engines> {
  const { config, logger } = options;
  const { dataDir, postgresUrl, clickhouseUrl } = config;
  if (postgresUrl !== undefined && clickhouseUrl !== undefined) {
    return { postgresUrl, clickhouseUrl, processes: [], stop: async () => {} };
  }
  const lock = await lockDataDir(dataDir);
  const started = await Promise.allSettled([
    postgresUrl === undefined ? startEmbeddedPostgres({ dataDir, logger }) : undefined,
    clickhouseUrl === undefined ? startEmbeddedClickHouse({ dataDir, logger }) : undefined,
  ]);
  const engines = started.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  const stop = async () => {
    await Promise.all(engines.map(async (engine) => engine?.stop()));
    lock.release();
  };
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  const [postgres, clickhouse] = engines;
  const urls = {
    postgresUrl: postgresUrl ?? postgres?.url ?? '',
    clickhouseUrl: clickhouseUrl ?? clickhouse?.url ?? '',
  };
  writeEngineUrls(dataDir, urls);
  return {
    ...urls,
    get processes() {
      return [...namedProcess('postgres', postgres), ...namedProcess('clickhouse', clickhouse)];
    },
    stop,
  };
}

function namedProcess(name: string, engine: EmbeddedEngine | undefined): EngineProcess[] {
  return engine ? [{ name, pid: engine.pid }] : [];
}

function writeEngineUrls(dataDir: string, urls: { postgresUrl: string; clickhouseUrl: string }): void {
  const lines = [`SEGUE_POSTGRES_URL='${urls.postgresUrl}'`, `SEGUE_CLICKHOUSE_URL='${urls.clickhouseUrl}'`];
  writeFileSync(join(dataDir, engineUrlsFile), `${lines.join('\n')}\n`, { mode: 0o600 });
}
