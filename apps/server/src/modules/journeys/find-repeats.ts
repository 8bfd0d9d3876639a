import type { JourneyRun } from './types.ts';

/** A message of a run, as far as it matters here. */
export interface StepMessage {
  readonly id: string;
  readonly status: string;
  readonly source: { readonly runId: string; readonly stepId: string };
}

/**
 * Of profiles that turned out to be one, the waiting messages that the customer gets from the other one's run already: of the
 * same journey, key and step. `runs` still are whose they were before. One that has left counts before all that wait, among
 * those that wait the older run's; several of one run or of one profile are its own affair (a loop, a new entry).
 */
export function findRepeats<M extends StepMessage>(messages: readonly M[], runs: readonly JourneyRun[]): M[] {
  const runOf = new Map(runs.map((run) => [run.id, run]));
  const places = new Map<string, { message: M; run: JourneyRun }[]>();
  for (const message of messages) {
    const run = runOf.get(message.source.runId);
    if (run === undefined) continue;
    const place = JSON.stringify([run.journeyId, run.key, message.source.stepId]);
    places.set(place, [...(places.get(place) ?? []), { message, run }]);
  }
  return [...places.values()].flatMap((rivals) => {
    const [first, ...rest] = rivals.sort((a, b) => rank(a) - rank(b) || byAge(a.run, b.run));
    return rest
      .filter(({ message, run }) => message.status === 'queued' && run.profileId !== first!.run.profileId)
      .map(({ message }) => message);
  });
}

function rank({ message }: { message: StepMessage }): number {
  return message.status === 'queued' ? 1 : 0;
}

function byAge(a: JourneyRun, b: JourneyRun): number {
  return a.enteredAt - b.enteredAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
