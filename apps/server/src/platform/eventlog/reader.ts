import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../context.ts';
import { GrowingRest } from '../jobs/index.ts';
import type { LogId } from './event.ts';
import { beat, holdAllLanes, holdLanes, LANES_TOTAL, type LaneLease, type ReaderName } from './lease.ts';
import type { LeasedRun } from './processor.ts';
import { readBlocks, readRecent, sliceRun } from './read-blocks.ts';

const HOLD_EVERY_MS = 2_000;
/** What another process appended is found by looking; what this one appended wakes us at once. */
const LOOK_EVERY_MS = 150;
/** As rare as this once nothing has come for a few seconds. */
const LOOK_EVERY_MS_MAX = 500;

/** A process's hold on lanes for one reader, shared by the workers that read them. */
export class LaneHold {
  readonly reader: ReaderName;
  readonly processId: string;
  #leases: LaneLease[] = [];
  #heldAt = 0;
  #holding: Promise<void> | undefined;

  constructor(options: { reader: ReaderName; processId: string }) {
    this.reader = options.reader;
    this.processId = options.processId;
  }

  get leases(): readonly LaneLease[] {
    return this.#leases;
  }

  /** Renews when due. Leases that are still held keep their identity, so that workers see their own progress. */
  async renew(services: Services, force = false): Promise<void> {
    const nowMs = performance.now();
    if (!force && nowMs - this.#heldAt < HOLD_EVERY_MS) return;
    this.#holding ??= this.#hold(services).finally(() => {
      this.#holding = undefined;
    });
    await this.#holding;
  }

  async #hold(services: Services): Promise<void> {
    const held =
      this.reader === 'processor' ? await this.#holdShare(services) : await holdAllLanes(services.postgres, this);
    this.#leases = held.map((lease) => {
      const known = this.#leases.find((l) => l.log === lease.log && l.lane === lease.lane);
      const unchanged =
        known !== undefined && known.fence === lease.fence && known.configVersion === lease.configVersion;
      return unchanged ? caughtUp(known, lease) : lease;
    });
    this.#heldAt = performance.now();
  }

  /** Processors share the lanes out evenly among the living processes. */
  async #holdShare(services: Services): Promise<LaneLease[]> {
    const living = await beat(services.postgres, this.processId);
    return holdLanes(services.postgres, {
      reader: this.reader,
      processId: this.processId,
      lanesMax: Math.ceil(LANES_TOTAL / living),
    });
  }
}

/** A commit whose answer was lost moved the cursor without our knowing. */
function caughtUp(known: LaneLease, stored: LaneLease): LaneLease {
  if (stored.seq > known.seq) {
    known.seq = stored.seq;
    known.borderSeq = stored.borderSeq;
  }
  return known;
}

export interface ReadOptions {
  readonly eventsMax: number;
  readonly fromDatabase: boolean;
  /** Called when the database had something: there is probably more. */
  readonly onFound?: () => void;
}

/** No lane takes more than this part of a batch while others wait: none starves behind a busy one. */
const LANE_SHARE = 1 / 4;

/** What follows the cursors of `leases`: from memory where this process appended it, else from the database. */
export async function readRuns(
  services: Services,
  leases: readonly LaneLease[],
  options: ReadOptions,
): Promise<LeasedRun[]> {
  const runs: LeasedRun[] = [];
  const cold: LaneLease[] = [];
  let room = options.eventsMax;
  const laneMax = Math.ceil(options.eventsMax * LANE_SHARE);
  for (const lease of leases) {
    if (room <= 0) break;
    const run = readRecent(services.log.recent, lease, Math.min(room, laneMax));
    if (run === undefined) cold.push(lease);
    // Cut in two, a block could only be continued from the database: leave it whole for the next batch.
    else if (run.lines.length <= room || runs.length === 0) room -= addRun(runs, { lease, run }, room);
  }
  if (room > 0 && options.fromDatabase && cold.length > 0) {
    const found = await readBlocks(services.postgres, cold, room);
    if (found.length > 0) options.onFound?.();
    for (const run of found) {
      if (room <= 0) break;
      const lease = cold.find((l) => l.log === run.log && l.lane === run.lane)!;
      room -= addRun(runs, { lease, run }, room);
    }
  }
  return runs;
}

function addRun(runs: LeasedRun[], { lease, run }: LeasedRun, room: number): number {
  const taken = run.lines.length > room ? sliceRun(run, 0, room) : run;
  runs.push({ lease, run: taken });
  return taken.lines.length;
}

/** Wakes when this process appended to the log, or when it is time to look for what others appended. */
export class AppendSignal {
  #pending = true;
  #wake: (() => void) | undefined;
  #lookedAt = 0;
  readonly #rest = new GrowingRest(LOOK_EVERY_MS, LOOK_EVERY_MS_MAX);
  readonly stop: () => void;

  constructor(services: Services) {
    this.stop = services.log.onAppend((_logs: ReadonlySet<LogId>) => this.notify());
  }

  notify(): void {
    this.#pending = true;
    this.#rest.reset();
    this.#wake?.();
  }

  /** The last look found something: look again at once. */
  found(): void {
    this.#lookedAt = 0;
    this.notify();
  }

  /** Whether the database should be asked as well: now and then, and again after a look that found something. */
  dueToLook(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAt < this.#rest.ms) return false;
    this.#lookedAt = nowMs;
    this.#rest.grow();
    return true;
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#pending && !signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const abort = new AbortController();
      const stop = () => abort.abort();
      signal.addEventListener('abort', stop, { once: true });
      await Promise.race([woken, pause(this.#rest.ms, undefined, { signal: abort.signal }).catch(() => undefined)]);
      signal.removeEventListener('abort', stop);
      abort.abort();
      this.#wake = undefined;
    }
    this.#pending = false;
  }
}
