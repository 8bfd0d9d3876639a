import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeDataDir } from './make-data-dir.ts';
import { processStart } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

export interface DataDirLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly start: string;
}

/** Where a running server writes the URLs of its engines, for processes that join it. Only its own user can read it. */
export const engineUrlsFile = 'engines.env';

/**
 * Makes this process the only one that runs engines in the folder. A lock whose process is gone, however it died, counts
 * for nothing.
 */
export async function lockDataDir(folder: string): Promise<DataDirLock> {
  const dataDir = makeDataDir(folder);
  const path = join(dataDir, 'segue.lock');
  const own: Holder = { pid: process.pid, start: processStart(process.pid) ?? '' };
  await underGuard(`${path}.guard`, () => {
    const holder = readHolder(path);
    if (holder && processStart(holder.pid) === holder.start) throw new Error(alreadyServed(dataDir, holder.pid));
    writeFileSync(path, JSON.stringify(own), { mode: 0o600 });
  });
  return {
    release: () => {
      const holder = readHolder(path);
      if (holder?.pid === own.pid && holder.start === own.start) rmSync(path, { force: true });
    },
  };
}

/** Two processes that find the same dead lock must not both take it over: the guard file is held for that instant. */
async function underGuard(guard: string, work: () => void): Promise<void> {
  const isHeld = await waitUntil(() => takeGuard(guard), { timeoutMs: 10_000, everyMs: 10 });
  if (!isHeld) throw new Error(`${guard} is in the way: delete it`);
  try {
    work();
  } finally {
    rmSync(guard, { force: true });
  }
}

function takeGuard(guard: string): boolean {
  try {
    const file = openSync(guard, 'wx', 0o600);
    writeSync(file, JSON.stringify({ pid: process.pid, start: processStart(process.pid) }));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (isAbandoned(guard)) rmSync(guard, { force: true });
    return false;
  }
}

function isAbandoned(guard: string): boolean {
  const holder = readHolder(guard);
  // A process that died between creating and writing leaves an empty file: then only its age tells.
  if (!holder) return guardAgeMs(guard) > 5_000;
  return processStart(holder.pid) !== holder.start;
}

function guardAgeMs(guard: string): number {
  try {
    return performance.timeOrigin + performance.now() - statSync(guard).mtimeMs;
  } catch {
    return 0;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof holder.pid === 'number' && typeof holder.start === 'string'
      ? { pid: holder.pid, start: holder.start }
      : undefined;
  } catch {
    return undefined;
  }
}

const alreadyServed = (dataDir: string, pid: number) =>
  `The data folder ${dataDir} is already in use by a running Segue (process ${pid}).
To run more processes beside it, give them the URLs of its engines, SEGUE_POSTGRES_URL and SEGUE_CLICKHOUSE_URL,
which it keeps in ${join(dataDir, engineUrlsFile)}:
  set -a; . ${join(dataDir, engineUrlsFile)}; set +a; SEGUE_DEMO=0 SEGUE_PORT=<a free port> npm start
For a second, separate Segue set another SEGUE_DATA_DIR and SEGUE_PORT.`;
