import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../../../platform/context.ts';
import {
  AppendSignal,
  LaneHold,
  type LaneLease,
  type LeasedRun,
  moveCursors,
  readRuns,
  setBorders,
} from '../../../platform/eventlog/index.ts';
import { archiveMetrics } from './archive-metrics.ts';
import { firstChars, insertRuns } from './archive-batch.ts';

/** ClickHouse likes few large blocks: it merges each into larger ones later. */
const BLOCK_EVENTS_MAX = 20_000;
/** Large events make smaller blocks: an insert must fit into memory, here and there. */
const BLOCK_CHARS_MAX = 32_000_000;
/** A quiet shop sees what happened in half a second; a busy one fills a block meanwhile. */
const BLOCK_EVERY_MS = 400;
const LARGE_BLOCK_EVENTS = 2_000;
const LARGE_BLOCK_EVERY_MS = 1_000;
const FAULT_MS = 1_000;

/**
 * Copies both logs into the history, each event once: the borders of a block are written down before it is sent, and
 * after a crash the same block is sent again under the same token. One process at a time does it for all lanes.
 */
export async function runArchive(
  services: Services,
  options: { processId: string; signal: AbortSignal },
): Promise<void> {
  const { processId, signal } = options;
  const hold = new LaneHold({ reader: 'archive', processId });
  const appended = new AppendSignal(services);
  while (!signal.aborted) {
    try {
      await hold.renew(services);
      const runs = await nextBlock(services, { hold, appended });
      if (runs.length === 0) {
        await appended.wait(signal);
        continue;
      }
      const begunAt = performance.now();
      await archiveBlock(services, { processId, runs });
      appended.notify();
      const events = runs.reduce((sum, { run }) => sum + run.lines.length, 0);
      const { blockEvents, blockDuration } = archiveMetrics(services);
      blockEvents.observe(events);
      blockDuration.observe((performance.now() - begunAt) / 1_000);
      const everyMs = events < LARGE_BLOCK_EVENTS ? BLOCK_EVERY_MS : LARGE_BLOCK_EVERY_MS;
      if (events < BLOCK_EVENTS_MAX) await rest(begunAt + everyMs - performance.now(), signal);
    } catch (error) {
      services.logger.warn({ error }, 'the archive could not go on; trying again');
      await rest(FAULT_MS, signal);
      await hold.renew(services, true).catch(() => undefined);
    }
  }
  appended.stop();
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}

async function nextBlock(
  services: Services,
  options: { hold: LaneHold; appended: AppendSignal },
): Promise<LeasedRun[]> {
  const { leases } = options.hold;
  if (leases.length === 0) return [];
  const begun = leases.filter((lease) => lease.borderSeq !== null);
  if (begun.length > 0) return readUpToBorders(services, begun);
  const runs = await readRuns(services, leases, {
    eventsMax: BLOCK_EVENTS_MAX,
    fromDatabase: options.appended.dueToLook(),
  });
  return firstChars(runs, BLOCK_CHARS_MAX);
}

/** The block that was under way when its writer died, with exactly the same borders. */
async function readUpToBorders(services: Services, leases: readonly LaneLease[]): Promise<LeasedRun[]> {
  const runs: LeasedRun[] = [];
  for (const lease of leases) {
    const wanted = lease.borderSeq! - lease.seq;
    let lines: string[] = [];
    while (lines.length < wanted) {
      const place = { ...lease, seq: lease.seq + lines.length };
      const [next] = await readRuns(services, [place], { eventsMax: wanted - lines.length, fromDatabase: true });
      if (next === undefined)
        throw new Error(`lane ${lease.log}/${lease.lane} ends before its border ${lease.borderSeq}`);
      lines = [...lines, ...next.run.lines];
    }
    runs.push({ lease, run: { log: lease.log, lane: lease.lane, firstSeq: lease.seq + 1, lines } });
  }
  return runs;
}

async function archiveBlock(
  services: Services,
  options: { processId: string; runs: readonly LeasedRun[] },
): Promise<void> {
  const { processId, runs } = options;
  const moves = runs.map(({ lease, run }) => ({
    lease,
    begunSeq: run.firstSeq - 1,
    seq: run.firstSeq + run.lines.length - 1,
  }));
  if (runs.some(({ lease }) => lease.borderSeq === null)) {
    await setBorders(services.postgres, { reader: 'archive', processId, moves });
    for (const { lease, seq } of moves) lease.borderSeq = seq;
  }
  await insertRuns(
    services.history,
    runs.map(({ run }) => run),
  );
  await moveCursors(services.postgres, { reader: 'archive', processId, moves });
  for (const { lease, seq } of moves) {
    lease.seq = seq;
    lease.borderSeq = null;
  }
}
