import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { serverNodeFlags } from '../scripts/server-flags.mjs';

export const API_KEY = 'bench-api-key';
export const WRITE_KEY = 'bench-write-key';

export interface CpuSeconds {
  readonly server: number;
  readonly postgres: number;
  readonly clickhouse: number;
}

export interface BenchServer {
  readonly url: string;
  readonly postgresUrl: string;
  readonly clickhouseUrl: string;
  /** Resident memory of the server process itself, in MB; its children are processes of their own. */
  rssMb(): number;
  /** Processor time used so far, in seconds: by the server process, and by each engine's processes. */
  cpuSeconds(): CpuSeconds;
  api(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** A whole server in a process of its own, on a fresh data folder. */
export async function startBenchServer(): Promise<BenchServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags = [...serverNodeFlags, ...(process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [])];
  const child = spawn(process.execPath, [...flags, 'apps/server/dist/server.js'], {
    env: {
      ...process.env,
      SEGUE_DEMO: '0',
      SEGUE_PORT: String(port),
      SEGUE_DATA_DIR: dataDir,
      SEGUE_API_KEY: API_KEY,
      SEGUE_WRITE_KEY: WRITE_KEY,
      SEGUE_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await ready(url, child);
  const engines = readFileSync(join(dataDir, 'engines.env'), 'utf8');
  return {
    url,
    postgresUrl: fromEnv(engines, 'SEGUE_POSTGRES_URL'),
    clickhouseUrl: fromEnv(engines, 'SEGUE_CLICKHOUSE_URL'),
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024,
    cpuSeconds: () => cpuSeconds(child.pid!),
    api: (method, path, body) => callApi(`${url}${path}`, method, body),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`);
    const answer = await fetch(`${url}/api/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    await pause(100);
  }
  throw new Error('the server did not become ready');
}

async function callApi(url: string, method: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function fromEnv(text: string, name: string): string {
  return new RegExp(`^${name}=['"]?([^'"\n]+)`, 'm').exec(text)![1]!;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

const CLOCK_TICKS_PER_SECOND = 100;

/** From /proc: the server, its ClickHouse child, and the Postgres postmaster with every backend below it. */
function cpuSeconds(serverPid: number): CpuSeconds {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readProcess(Number(pid)));
  const childrenOf = (parent: number) => processes.filter((one) => one.parent === parent);
  const sum = (list: readonly { seconds: number }[]) => list.reduce((total, one) => total + one.seconds, 0);
  const engines = childrenOf(serverPid);
  const postmaster = engines.find((one) => one.command.includes('postgres'));
  return {
    server: sum(processes.filter((one) => one.pid === serverPid)),
    postgres:
      postmaster === undefined
        ? 0
        : postmaster.seconds + postmaster.deadChildrenSeconds + sum(childrenOf(postmaster.pid)),
    clickhouse: sum(engines.filter((one) => one.command.includes('chdb'))),
  };
}

function readProcess(
  pid: number,
): { pid: number; parent: number; seconds: number; deadChildrenSeconds: number; command: string }[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const seconds = (fields[11]! + fields[12]!) / CLOCK_TICKS_PER_SECOND;
    return [
      {
        pid,
        parent: fields[1]!,
        seconds,
        deadChildrenSeconds: (fields[13]! + fields[14]!) / CLOCK_TICKS_PER_SECOND,
        command,
      },
    ];
  } catch {
    return [];
  }
}
