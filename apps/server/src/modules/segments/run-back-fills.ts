import type { Services } from '../../platform/context.ts';
import { fillSegment } from './fill-segment.ts';
import { listToFill } from './segment-store.ts';
import { sweepSegment } from './sweep-segment.ts';

/**
 * Carries every new segment, and every changed rule, a step further; answers how many steps it made, 0 when there are none
 * or all must wait. One that fails does not hold up the others.
 * filling: history answers for everything up to the cut, where processors took over; leaf states lie ready by node and are
 * folded into each profile when it is next touched. sweeping: whoever has to be is looked at. Then it is live.
 * Each step is one transaction that can be repeated, so a crash costs one step.
 */
export async function runBackFills(services: Services): Promise<number> {
  let steps = 0;
  const faults: unknown[] = [];
  for (const segment of await listToFill(services.postgres)) {
    try {
      steps +=
        segment.status === 'sweeping' ? await sweepSegment(services, segment) : await fillSegment(services, segment);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  return steps;
}
