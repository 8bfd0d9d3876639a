import { countUnfilledSince, runBackFills } from '../../modules/segments/index.ts';
import type { Services } from '../../platform/context.ts';

const GIVEN_UP_MS = 60_000;
const END_OF_TIME = new Date(8_640_000_000_000_000);

/** Until every segment is live: a back-fill may have to wait for transactions of others, also of other databases. */
export async function fillSegments(services: Services): Promise<void> {
  const givenUpAt = performance.now() + GIVEN_UP_MS;
  while ((await countUnfilledSince(services.postgres, END_OF_TIME)) > 0) {
    if (performance.now() > givenUpAt) throw new Error('the segments were not live in time');
    await runBackFills(services);
  }
}
