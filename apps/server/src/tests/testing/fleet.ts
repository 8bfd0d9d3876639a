import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, createTestHistory } from '../../testkit/index.ts';
import { buildServer } from './build-server.ts';
import { freePort } from './free-port.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export type Role = 'api' | 'worker';

/** Server processes of one role each, on the same two engines, as an operator would run them. */
export interface Fleet {
  engineUrls(): { postgresUrl: string; clickhouseUrl: string };
  /** Starts one and waits until it is healthy. A worker's `url` is where its health and metrics are. */
  start(role: Role): Promise<ServerProcess>;
  /** Stops what still runs and removes every trace. */
  remove(): Promise<void>;
}

export async function createFleet(env: Readonly<Record<string, string>> = {}): Promise<Fleet> {
  const [built, database, history] = await Promise.all([buildServer(), createTestDatabase(), createTestHistory()]);
  const dataDir = mkdtempSync(join(tmpdir(), `segue-test-${process.pid}-`));
  const urls = { postgresUrl: database.url, clickhouseUrl: `${history.url.replace(/\/$/, '')}/${history.database}` };
  const started: ServerProcess[] = [];
  return {
    engineUrls: () => urls,
    start: async (role) => {
      const port = await freePort();
      const server = startServer({
        command: [built.script],
        dataDir,
        port,
        env: {
          SEGUE_ROLES: role,
          SEGUE_POSTGRES_URL: urls.postgresUrl,
          SEGUE_CLICKHOUSE_URL: urls.clickhouseUrl,
          SEGUE_SECRET: 'a secret all processes share',
          ...(role === 'worker' && { SEGUE_METRICS_PORT: String(port) }),
          ...env,
        },
      });
      started.push(server);
      await server.ready();
      return server;
    },
    remove: async () => {
      for (const server of started) server.signal('SIGCONT');
      await Promise.all(started.map((server) => server.kill()));
      await Promise.all([database.drop(), history.drop()]);
      rmSync(dataDir, { recursive: true, force: true });
      built.remove();
    },
  };
}
