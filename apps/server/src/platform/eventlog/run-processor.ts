import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../context.ts';
import type { Stage } from './batch.ts';
import { INTAKE_LOG, INTERNAL_LOG } from './event.ts';
import type { LaneLease } from './lease.ts';
import { type DeadLetterTally, processRuns } from './processor.ts';
import { AppendSignal, type LaneHold, readRuns } from './reader.ts';

/** Larger batches touch each table less often; beyond this the latency grows and the gain does not. */
const BATCH_EVENTS_MAX = 2_000;
const RETRY_MS = 20;
const FAULT_MS = 1_000;

export interface ProcessorOptions {
  readonly stages: readonly Stage[];
  readonly hold: LaneHold;
  /** Intake batches in flight at once, each of lanes of its own; our own events have one more worker. */
  readonly workers: number;
  readonly signal: AbortSignal;
}

/** Runs the stages over every lane this process holds until `signal` aborts; then finishes the batches under way. */
export async function runProcessor(services: Services, options: ProcessorOptions): Promise<void> {
  const { workers } = options;
  await Promise.all([
    ...Array.from({ length: workers }, (_, index) =>
      runWorker(services, options, (lease) => lease.log === INTAKE_LOG && lease.lane % workers === index),
    ),
    // Our own events lie in other lanes than their subjects' intake. Mixed into intake batches they made every two batches
    // wait for each other's subjects: one worker's speed, however many there were.
    runWorker(services, options, (lease) => lease.log === INTERNAL_LOG),
  ]);
}

async function runWorker(
  services: Services,
  options: ProcessorOptions,
  isOwn: (lease: LaneLease) => boolean,
): Promise<void> {
  const { hold, signal, stages } = options;
  const appended = new AppendSignal(services);
  const tally: DeadLetterTally = { inARow: 0 };
  let turn = 0;
  while (!signal.aborted) {
    try {
      await hold.renew(services);
      const leases = rotate(hold.leases.filter(isOwn), turn++);
      const runs = await readRuns(services, leases, {
        eventsMax: BATCH_EVENTS_MAX,
        fromDatabase: appended.dueToLook(),
        onFound: () => appended.found(),
      });
      if (runs.length === 0) {
        await appended.wait(signal);
        continue;
      }
      const result = await processRuns(services, { processId: hold.processId, stages, runs, tally });
      if (result.kind === 'retry') {
        services.logger.debug({ reason: result.reason }, 'a batch is taken again');
        await pause(RETRY_MS);
        await hold.renew(services, true);
        continue;
      }
      appended.notify();
    } catch (error) {
      services.logger.error({ error }, 'the processor could not go on; trying again');
      await pause(FAULT_MS);
      await hold.renew(services, true).catch(() => undefined);
    }
  }
  appended.stop();
}

/** Each batch begins with another lane, so that a backlog in one does not starve the rest. */
function rotate<T>(items: readonly T[], by: number): T[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
