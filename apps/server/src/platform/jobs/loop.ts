import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../logger/index.ts';

const FAULT_MS = 1_000;

export interface LoopOptions {
  readonly name: string;
  /** One bounded round; answers how much it did. */
  readonly run: () => Promise<number>;
  /** Real milliseconds to rest after a round that found nothing. */
  readonly restMs: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Runs rounds until the signal aborts: at once after a round that did something, else after a rest. A fault costs a pause. */
export async function runLoop(options: LoopOptions): Promise<void> {
  const { name, run, restMs, signal, logger } = options;
  while (!signal.aborted) {
    let restFor = restMs;
    try {
      if ((await run()) > 0) restFor = 0;
    } catch (error) {
      logger.warn({ error, loop: name }, 'a background round failed; trying again');
      restFor = FAULT_MS;
    }
    await pause(restFor, undefined, { signal }).catch(() => undefined);
  }
}
