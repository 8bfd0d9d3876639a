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
  const postmaster = readPostmasterPid(pgData);
  const isWhole = postmaster !== undefined && isOurs(postmaster, pgData);
  if (isWhole) {
    logger.warn({ pid: postmaster }, 'stopping a PostgreSQL left behind by an earlier process');
    signalProcess(postmaster, 'SIGINT');
  }
  const left = () => leftovers(pgData, isWhole ? postmaster : undefined);
  if (left().length > 0) {
    const isGone = await waitUntil(() => left().length === 0, { timeoutMs: isWhole ? fastShutdownMs : backendsEndMs });
    if (!isGone) await endByForce(left);
  }
  // Another process may have the old pid by now: PostgreSQL would then refuse to start.
  if (platform() === 'linux') rmSync(join(pgData, 'postmaster.pid'), { force: true });
}

async function endByForce(left: () => number[]): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of left()) signalProcess(pid, signal);
    if (await waitUntil(() => left().length === 0, { timeoutMs: immediateShutdownMs })) return;
  }
  throw new Error(`processes of an earlier PostgreSQL do not end: ${left().join(', ')}`);
}

function leftovers(pgData: string, postmaster: number | undefined): number[] {
  const found = processesIn(pgData);
  const isAlone = postmaster !== undefined && processStart(postmaster) !== undefined && !found.includes(postmaster);
  return isAlone ? [...found, postmaster] : found;
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
