import type { Services } from '../../../platform/context.ts';
import { forgetRejections } from './rejection-store.ts';
import { forgetTestEvents } from './test-event-store.ts';

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 7 * 24;
const SAMPLES_PER_SOURCE_MAX = 1_000;

/** Forgets a slice of what was refused, or tried, more than a week ago, or is more than is kept of a source; answers how much. */
export async function runRejectionRetention(services: Services): Promise<number> {
  const hour = Math.floor(services.clock.now() / HOUR_MS) - KEPT_HOURS;
  const at = new Date(hour * HOUR_MS);
  const tests = await forgetTestEvents(services.postgres, at);
  return tests + (await forgetRejections(services.postgres, { at, hour, keptPerSource: SAMPLES_PER_SOURCE_MAX }));
}
