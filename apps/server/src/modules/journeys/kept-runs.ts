import type { JourneyRun } from './types.ts';

/**
 * Of one person's runs those that go on when profiles turn out to be one: every run that only watches, and of those waiting
 * in one journey under one key the one that was entered first, of the same instant the lesser id. Neither ever changes, so
 * whatever order profiles are merged in, the same run is left; how far a run has come would depend on that order.
 */
export function keptRuns(runs: Iterable<JourneyRun>): ReadonlySet<string> {
  const kept = new Set<string>();
  const first = new Map<string, JourneyRun>();
  for (const run of runs) {
    if (run.state === 'watching') kept.add(run.id);
    if (run.state !== 'waiting') continue;
    const place = `${run.journeyId}:${run.key}`;
    const rival = first.get(place);
    if (rival === undefined || isEarlier(run, rival)) first.set(place, run);
  }
  for (const run of first.values()) kept.add(run.id);
  return kept;
}

function isEarlier(a: JourneyRun, b: JourneyRun): boolean {
  return a.enteredAt < b.enteredAt || (a.enteredAt === b.enteredAt && a.id < b.id);
}
