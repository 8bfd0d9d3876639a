import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createChdbHttp } from './chdb-http.ts';
import { openChdbEngine, type ChdbEngine } from './chdb-engine.ts';
import { repairDeduplicationLogs } from './chdb-deduplication.ts';
import { processStart } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

/** What the parent sends first. It comes over the channel because command lines and environments can be read by others. */
export interface ChdbChildStart {
  readonly dir: string;
  readonly configFile: string;
  readonly pidFile: string;
  readonly port: number;
  readonly password: string;
  readonly memoryBytesMax: number;
}

/** What it answers when it serves. */
export interface ChdbChildReady {
  readonly port: number;
}

const drainMs = 10_000;

// Without its parent nobody could stop or reach it. The engine may be busy on threads that cannot be interrupted, so it
// ends the hard way; what was acknowledged is on disk.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', (start) => void serve(start as ChdbChildStart));

async function serve(start: ChdbChildStart): Promise<void> {
  mkdirSync(start.dir, { recursive: true, mode: 0o700 });
  writeFileSync(start.pidFile, JSON.stringify({ pid: process.pid, start: processStart(process.pid) }));
  repairDeduplicationLogs(start.dir);
  const engine = openChdbEngine(start);
  const server = createChdbHttp(engine, start.password);
  process.once('SIGTERM', () => void drain(server, engine));
  server.listen(start.port, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.send?.({ port } satisfies ChdbChildReady);
  });
}

async function drain(server: ReturnType<typeof createChdbHttp>, engine: ChdbEngine): Promise<void> {
  server.close();
  server.closeIdleConnections();
  const isIdle = await waitUntil(() => engine.isIdle, { timeoutMs: drainMs });
  if (isIdle) engine.close();
  // Threads of the engine keep an orderly exit from ever coming when a query still runs.
  process.kill(process.pid, isIdle ? 'SIGINT' : 'SIGKILL');
}
