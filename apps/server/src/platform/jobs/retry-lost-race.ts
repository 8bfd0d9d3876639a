import { setTimeout as pause } from 'node:timers/promises';
import { isLostRace } from '../postgres/index.ts';

const ATTEMPTS_MAX = 5;
const PAUSE_MS = 10;

/** Does work of one transaction again when it lost a race: it was rolled back whole. Others get a little time in between. */
export async function retryLostRace<T>(work: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await work();
    } catch (error) {
      if (attempts === ATTEMPTS_MAX || !isLostRace(error)) throw error;
      await pause(Math.random() * PAUSE_MS * attempts);
    }
  }
}
