import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/** Asks until the answer is yes; false when the time is up first. */
export async function waitUntil(isDone: () => boolean | Promise<boolean>, patience: Patience): Promise<boolean> {
  const deadline = performance.now() + patience.timeoutMs;
  while (!(await isDone())) {
    if (performance.now() >= deadline) return false;
    await delay(patience.everyMs ?? 20);
  }
  return true;
}
