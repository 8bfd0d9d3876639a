import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../../../platform/context.ts';
import { AppendSignal, LaneHold, type LeasedRun, readPastPoison, readRuns } from '../../../platform/eventlog/index.ts';
import { Observer } from './observer.ts';

/** Few milliseconds of the main thread at a time. */
const BLOCK_EVENTS_MAX = 5_000;
/** One transaction for what came meanwhile, and soon enough that what this process took in is still parsed. */
const BLOCK_EVERY_MS = 400;
/** Of a backlog, which must be parsed, it takes a quarter of the main thread at most: 35,000 events a second. */
const REST_FACTOR = 3;
const FAULT_MS = 1_000;

/**
 * Reads the intake log for what each source sends: names, fields, their types, and how those change. One process at a
 * time does it for all lanes, each block exactly once; another goes on where it stopped.
 */
export async function runObserver(
  services: Services,
  options: { processId: string; signal: AbortSignal },
): Promise<void> {
  const { processId, signal } = options;
  const hold = new LaneHold({ reader: 'observer', processId });
  const appended = new AppendSignal(services);
  const observer = new Observer(services, processId);
  const tally = { inARow: 0 };
  let fences = '';
  const reading = {
    ...{ reader: 'observer' as const, processId, tally },
    write: (runs: readonly LeasedRun[]) => observer.observe(runs),
  };
  while (!signal.aborted) {
    try {
      await hold.renew(services);
      const held = hold.leases.map((lease) => lease.fence).join(' ');
      if (held !== fences) observer.forget();
      fences = held;
      const runs = await readRuns(services, hold.leases, {
        eventsMax: BLOCK_EVENTS_MAX,
        fromDatabase: appended.dueToLook(),
        onFound: () => appended.found(),
      });
      if (runs.length === 0) {
        await appended.wait(signal);
        continue;
      }
      const begunAt = performance.now();
      await readPastPoison(services, { ...reading, runs });
      appended.notify();
      const tookMs = performance.now() - begunAt;
      const events = runs.reduce((sum, { run }) => sum + run.lines.length, 0);
      await rest(events < BLOCK_EVENTS_MAX / 2 ? BLOCK_EVERY_MS - tookMs : REST_FACTOR * tookMs, signal);
    } catch (error) {
      services.logger.warn({ error }, 'the observer could not go on; trying again');
      await rest(FAULT_MS, signal);
      await hold.renew(services, true).catch(() => undefined);
    }
  }
  appended.stop();
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}
