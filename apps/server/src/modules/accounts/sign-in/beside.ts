import type { Logger } from '../../../platform/logger/index.ts';

/** Work that goes on beside an answer, so that how long the answer takes says nothing about it. */
export interface Beside {
  run(work: Promise<void>, whatFailed: string): void;
  /** Until all of it has ended. */
  settle(): Promise<void>;
}

export function createBeside(logger: Logger): Beside {
  const pending = new Set<Promise<void>>();
  return {
    run(work, whatFailed) {
      // What fails may quote an address: its code says enough.
      const tracked = work
        .catch((error: unknown) => {
          const { name, code, responseCode } = error as { name?: unknown; code?: unknown; responseCode?: unknown };
          logger.warn({ name, code, responseCode }, whatFailed);
        })
        .finally(() => pending.delete(tracked));
      pending.add(tracked);
    },
    async settle() {
      await Promise.all(pending);
    },
  };
}
