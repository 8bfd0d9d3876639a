import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../logger/index.ts';
import { GrowingRest } from './growing-rest.ts';

const FAULT_MS = 1_000;
/** What fell due while nothing happened is found this late at the most. */
const REST_MS_MAX = 400;

export interface LoopOptions {
  readonly name: string;
  /** One bounded round; answers how much it did. */
  readonly run: () => Promise<number>;
  /** Real milliseconds to rest after a round that found nothing; with `onNews` they grow to 400 while nothing is found. */
  readonly restMs: number;
  /** Calls back when something happened that may have made work; answers how to stop. */
  readonly onNews?: (listener: () => void) => () => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Runs rounds until the signal aborts: at once after a round that did something, else after a rest. A fault costs a pause. */
export async function runLoop(options: LoopOptions): Promise<void> {
  const { name, run, restMs, signal, logger, onNews } = options;
  const rest = new GrowingRest(restMs, onNews === undefined ? restMs : REST_MS_MAX);
  const sleep = new Sleep(signal);
  const stopListening = onNews?.(() => {
    rest.reset();
    sleep.shorten(restMs);
  });
  while (!signal.aborted) {
    try {
      if ((await run()) > 0) {
        rest.reset();
        await sleep.for(0);
      } else {
        await sleep.for(rest.ms);
        rest.grow();
      }
    } catch (error) {
      logger.warn({ error, loop: name }, 'a background round failed; trying again');
      await pause(FAULT_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  stopListening?.();
}

/** A rest that can be made shorter while it goes on. */
class Sleep {
  readonly #signal: AbortSignal;
  #untilMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  async for(ms: number): Promise<void> {
    if (this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#set(ms);
    });
    clearTimeout(this.#timer);
    this.#wake = undefined;
  }

  /** From now on no longer than this. */
  shorten(ms: number): void {
    if (this.#wake !== undefined && this.#untilMs - performance.now() > ms) this.#set(ms);
  }

  #set(ms: number): void {
    clearTimeout(this.#timer);
    this.#untilMs = performance.now() + ms;
    this.#timer = setTimeout(() => this.#wake?.(), ms);
  }
}
