import { type CompiledRules, leavesHearing } from './combined-rules.ts';
import type { Leaf } from './leaf.ts';
import { kindOfKey } from './leaves/kind-of-key.ts';
import type { LeafState } from './leaves/leaf-kind.ts';
import type { ReplayedPlace, RuleEvent } from './rule-input.ts';

export type { LeafState } from './leaves/leaf-kind.ts';

/** A profile's states by leaf key; plain JSON. A leaf that never heard anything has no entry. */
export type LeafStates = Readonly<Record<string, LeafState>>;

interface Counting {
  readonly events: readonly RuleEvent[];
  readonly nowMs: number;
  /** Whether what the history told of a leaf covers this place: an event from there that comes again is counted already. */
  readonly hasHistory?: (leafKey: string, place: ReplayedPlace) => boolean;
}

/**
 * Counts events into a profile's states, each event once, in any order. Returns the same object when no leaf heard any, and
 * keeps the same state for each leaf it did not touch, so that what changed can be seen by identity.
 *
 * `nowMs` must not run backwards for a profile: what had come is forgotten as far as no later instant needs it.
 *
 * Measured in time of one core with 200 rules live over 40 names, all kinds of leaves, 100 events a profile: 0.6 us for an
 * event that no leaf hears; 3.5 us for one that 1.4 leaves hear, and 11.5 us more to evaluate the 8 rules that read them:
 * 66,000 events a second.
 */
export function applyEvents(
  compiled: CompiledRules,
  states: LeafStates,
  { events, nowMs, hasHistory }: Counting,
): LeafStates {
  let changed: Record<string, LeafState> | undefined;
  for (const event of events) {
    const { replayOf } = event.payload;
    const seen: Leaf[] = [];
    for (const leaf of leavesHearing(compiled, event)) {
      if (leaf.hears.length > 1 && isRepeated(leaf, seen)) continue;
      if (replayOf !== undefined && hasHistory?.(leaf.key, replayOf) === true) continue;
      const sample = leaf.sampleOf(event);
      if (sample === undefined) continue;
      const before = (changed ?? states)[leaf.key];
      const after = leaf.kind.insert(before, sample, nowMs);
      if (after === before) continue;
      changed ??= { ...states };
      changed[leaf.key] = after;
    }
  }
  return changed ?? states;
}

/** A leaf that hears an event in two ways hears it once. */
function isRepeated(leaf: Leaf, seen: Leaf[]): boolean {
  if (seen.includes(leaf)) return true;
  seen.push(leaf);
  return false;
}

/** Whether any leaf hears events of this type and name; filters and periods are not asked. */
export function isCounted(compiled: CompiledRules, event: Pick<RuleEvent, 'type' | 'name'>): boolean {
  return leavesHearing(compiled, event).next().done !== true;
}

/**
 * Puts together states of disjoint sets of events: of merged profiles, or history and what was counted live since. Order and
 * grouping do not matter. Leaves of rules unknown here are kept.
 */
export function mergeLeafStates(parts: readonly LeafStates[], nowMs: number): LeafStates {
  const together: Record<string, LeafState[]> = {};
  for (const part of parts) {
    for (const [key, state] of Object.entries(part)) (together[key] ??= []).push(state);
  }
  const merged: Record<string, LeafState> = {};
  for (const [key, states] of Object.entries(together)) {
    const kind = kindOfKey(key);
    if (kind === undefined) throw new Error(`leaf state ${key} cannot be merged; rebuild it from history`);
    merged[key] = kind.merge(states, nowMs);
  }
  return merged;
}
