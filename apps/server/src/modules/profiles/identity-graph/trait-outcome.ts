import type { Json } from '../../../platform/json.ts';
import { mergeTimedTraits, type TimedTraits, type TimedValue } from '../profile-section.ts';

/** What became of one trait that both profiles had: which value won, and what each of them had said and when. */
export interface TraitOutcome {
  readonly name: string;
  /** `into`: the profile that stayed; `both`: they said the same. */
  readonly winner: 'into' | 'from' | 'both';
  readonly into: TimedValue;
  readonly from: TimedValue;
}

/** Trait by trait, by name: the newer by event time wins. Only where both had one. Pure. */
export function traitOutcomes(into: TimedTraits, from: TimedTraits): TraitOutcome[] {
  const outcomes: TraitOutcome[] = [];
  for (const name of Object.keys(into).sort()) {
    if (!Object.hasOwn(from, name)) continue;
    const ours = into[name]!;
    const theirs = from[name]!;
    const merged = mergeTimedTraits({ [name]: ours }, { [name]: theirs })[name];
    const winner = isSame(ours[0], theirs[0]) ? 'both' : merged === theirs ? 'from' : 'into';
    outcomes.push({ name, winner, into: ours, from: theirs });
  }
  return outcomes;
}

function isSame(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
