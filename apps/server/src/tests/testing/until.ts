import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/**
 * Looks again and again until `read` answers something; fails at the deadline, saying what was waited for and what was
 * seen last. What `read` throws counts as "not yet": a server that is being killed answers nothing.
 */
export async function until<T>(
  what: string,
  read: () => Promise<T | undefined | false>,
  options: { timeoutMs: number; seen?: () => unknown },
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  let problem: unknown;
  for (;;) {
    try {
      const answer = await read();
      if (answer !== undefined && answer !== false) return answer;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline) {
      const seen = options.seen === undefined ? '' : `; last seen: ${JSON.stringify(options.seen())}`;
      throw new Error(`after ${options.timeoutMs} ms still not: ${what}${seen}`, { cause: problem });
    }
    await pause(LOOK_EVERY_MS);
  }
}
