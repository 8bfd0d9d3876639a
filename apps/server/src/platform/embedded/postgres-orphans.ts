import { readFileSync, rmSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../logger/index.ts';
import { processesIn, processStart, signalProcess } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

const fastShutdownMs = 60_000;
const backendsEndMs = 5_000;
const immediateShutdownMs = 5_000;

/**
 * Clears away an engine whose server died, so that a new one can start on the same files. One that is whole is shut down
 * well; children left behind by a killed one would keep writing, so none may be alive when we return.
 */
export async function clearPostgresOrphans(pgData: string, logger: Logger): Promise<void> {
  const asked = new Set<number>();
  // Looked for again and again: one that was only just started is whole a moment later.
  const askPostmaster = (): void => {
    const postmaster = readPostmasterPid(pgData);
    if (postmaster === undefined || asked.has(postmaster) || !isOurs(postmaster, pgData)) return;
    logger.warn({ pid: postmaster }, 'stopping a PostgreSQL left behind by an earlier process');
    asked.add(postmaster);
    signalProcess(postmaster, 'SIGINT');
  };
  const left = (): number[] => leftovers(pgData, asked);
  const isGone = (): boolean => {
    askPostmaster();
    return left().length === 0;
  };
  const isCleared =
    isGone() ||
    (await waitUntil(isGone, { timeoutMs: backendsEndMs })) ||
    (asked.size > 0 && (await waitUntil(isGone, { timeoutMs: fastShutdownMs })));
  if (!isCleared) await endByForce(left);
  // Another process may have the old pid by now: PostgreSQL would then refuse to start.
  if (platform() === 'linux') rmSync(join(pgData, 'postmaster.pid'), { force: true });
}

/**
 * The lock beside a socket names a process too. PostgreSQL takes any process with that pid for its holder: a stranger, or
 * a dead one whose parent has not asked for it yet. Call when nothing of that engine is alive.
 */
export function removeSocketLock(dir: string, port: number): void {
  if (platform() === 'linux') rmSync(join(dir, `.s.PGSQL.${port}.lock`), { force: true });
}

async function endByForce(left: () => number[]): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of left()) signalProcess(pid, signal);
    if (await waitUntil(() => left().length === 0, { timeoutMs: immediateShutdownMs })) return;
  }
  throw new Error(`processes of an earlier PostgreSQL do not end: ${left().join(', ')}`);
}

/** Where the system does not show what else belongs to it, the postmasters that were asked to stop are all we know. */
function leftovers(pgData: string, asked: ReadonlySet<number>): number[] {
  const found = processesIn(pgData);
  return [...found, ...[...asked].filter((pid) => !found.includes(pid) && processStart(pid) !== undefined)];
}

/** Where the system does not show a process's folder (macOS), the file PostgreSQL itself keeps has to be believed. */
function isOurs(pid: number, pgData: string): boolean {
  if (processStart(pid) === undefined) return false;
  return platform() === 'linux' ? processesIn(pgData).includes(pid) : true;
}

/** The pid in `postmaster.pid`. */
export function readPostmasterPid(pgData: string): number | undefined {
  const pid = Number(readPostmasterFile(pgData)[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Whether the server wrote that it takes connections. */
export function isPostmasterReady(pgData: string, pid: number | undefined): boolean {
  const lines = readPostmasterFile(pgData);
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

function readPostmasterFile(pgData: string): string[] {
  try {
    return readFileSync(join(pgData, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}
