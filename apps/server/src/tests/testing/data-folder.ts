import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesIn, processStart, signalProcess } from '../../platform/embedded/process-identity.ts';
import { readPostmasterPid } from '../../platform/embedded/postgres-orphans.ts';

/** A server's data folder and the engine processes that live on it, as the system shows them. */
export interface DataFolder {
  readonly path: string;
  /** The URLs of the engines the last server started on it. */
  engineUrls(): { postgresUrl: string; clickhouseUrl: string };
  postmaster(): number | undefined;
  /** Processes of PostgreSQL that serve a connection. */
  backends(): number[];
  clickhouse(): number | undefined;
  /** Every engine process that is alive. */
  engineProcesses(): number[];
  /** Ends whatever still lives on it and removes it. */
  remove(): void;
}

/** Named so that the next run sweeps away what a killed run leaves behind. */
export function makeDataFolder(): DataFolder {
  const path = mkdtempSync(join(tmpdir(), `segue-test-${process.pid}-`));
  const pgData = join(path, 'postgres');
  const postmaster = () => alive(readPostmasterPid(pgData));
  const clickhouse = () => alive(readClickHousePid(path));
  const engineProcesses = () => [...processesIn(pgData), clickhouse() ?? []].flat();
  return {
    path,
    engineUrls: () => readEngineUrls(path),
    postmaster,
    backends: () => processesIn(pgData).filter((pid) => commandOf(pid).startsWith('postgres: segue ')),
    clickhouse,
    engineProcesses,
    remove: () => {
      for (const pid of engineProcesses()) signalProcess(pid, 'SIGKILL');
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function alive(pid: number | undefined): number | undefined {
  return pid !== undefined && processStart(pid) !== undefined ? pid : undefined;
}

function readClickHousePid(path: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(join(path, 'clickhouse.pid'), 'utf8')) as { pid: number };
    return pid;
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function readEngineUrls(path: string): { postgresUrl: string; clickhouseUrl: string } {
  const text = readFileSync(join(path, 'engines.env'), 'utf8');
  const read = (name: string): string => new RegExp(`^${name}='(.*)'$`, 'm').exec(text)?.[1] ?? '';
  return { postgresUrl: read('SEGUE_POSTGRES_URL'), clickhouseUrl: read('SEGUE_CLICKHOUSE_URL') };
}
