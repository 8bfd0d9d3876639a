import { capacityOfKey, type CountedEvents } from './leaf.ts';
import type { CompiledRules } from './rule.ts';
import type { ReplayedPlace, RuleEvent } from './rule-input.ts';

/** Times in milliseconds, newest first: every one that has yet to come, and the newest `capacity` that have come. */
export type LeafState = readonly number[];
/** A profile's states by leaf key; plain JSON. A leaf that never matched has no entry. */
export type LeafStates = Readonly<Record<string, LeafState>>;

/** Intake bounds how far ahead an event may be dated; this bounds how many, and drops the farthest. */
const PENDING_MAX = 1024;

const NONE: readonly CountedEvents[] = [];

interface Counting {
  readonly events: readonly RuleEvent[];
  readonly nowMs: number;
  /** Whether what the history told of a leaf covers this place: an event from there that comes again is counted already. */
  readonly hasHistory?: (leafKey: string, place: ReplayedPlace) => boolean;
}

/**
 * Counts events into a profile's states, each event once, in any order. Returns the same object when no leaf matched, and
 * keeps the same array for each leaf it did not touch, so that what changed can be seen by identity.
 *
 * `nowMs` must not run backwards for a profile: times that had come are forgotten beyond the capacity.
 *
 * Measured on one core with other load: 0.5 us an event with 5 rules live, 1.2 us with 50 (five of them matching), 0.1 us
 * when none matches.
 */
export function applyEvents(
  compiled: CompiledRules,
  states: LeafStates,
  { events, nowMs, hasHistory }: Counting,
): LeafStates {
  let changed: Record<string, LeafState> | undefined;
  const count = (event: RuleEvent, leaf: CountedEvents): void => {
    const atMs = event.occurredAt;
    const { replayOf } = event.payload;
    if (replayOf !== undefined && hasHistory?.(leaf.key, replayOf) === true) return;
    if (atMs < leaf.fromMs || atMs >= leaf.untilMs || !leaf.passes(event)) return;
    const before = (changed ?? states)[leaf.key];
    const after = insertTime(before ?? [], atMs, { capacity: leaf.capacity, nowMs });
    if (after === before) return;
    changed ??= { ...states };
    changed[leaf.key] = after;
  };
  for (const event of events) {
    const leaves = compiled.leavesByType.get(event.type);
    if (leaves === undefined) continue;
    for (const leaf of leaves.byName.get(event.name) ?? NONE) count(event, leaf);
    for (const leaf of leaves.anyName) count(event, leaf);
  }
  return changed ?? states;
}

/** Whether any leaf counts events of this type and name; filters and periods are not asked. */
export function isCounted(compiled: CompiledRules, event: RuleEvent): boolean {
  const leaves = compiled.leavesByType.get(event.type);
  return leaves !== undefined && (leaves.anyName.length > 0 || leaves.byName.has(event.name));
}

interface Bounds {
  readonly capacity: number;
  readonly nowMs: number;
}

function insertTime(times: LeafState, atMs: number, bounds: Bounds): LeafState {
  let index = 0;
  while (index < times.length && times[index]! > atMs) index += 1;
  if (atMs <= bounds.nowMs && index >= bounds.capacity && times[index - bounds.capacity]! <= bounds.nowMs) return times;
  return trimTimes([...times.slice(0, index), atMs, ...times.slice(index)], bounds);
}

/**
 * Forgetting is exact for every later instant: a forgotten time is older than `capacity` others that have come, so a window
 * that reaches it holds all of them. Trimming again, later, or after a merge forgets nothing else.
 */
export function trimTimes(newestFirst: number[], { capacity, nowMs }: Bounds): LeafState {
  let pending = 0;
  while (pending < newestFirst.length && newestFirst[pending]! > nowMs) pending += 1;
  const farthest = Math.max(0, pending - PENDING_MAX);
  const end = pending + capacity;
  return farthest === 0 && newestFirst.length <= end ? newestFirst : newestFirst.slice(farthest, end);
}

/**
 * Adds up states of disjoint sets of events: of merged profiles, or history and what was counted live since. Order and
 * grouping do not matter. Leaves of rules unknown here are kept.
 */
export function mergeLeafStates(parts: readonly LeafStates[], nowMs: number): LeafStates {
  const merged: Record<string, number[]> = {};
  for (const part of parts) {
    for (const [key, times] of Object.entries(part)) (merged[key] ??= []).push(...times);
  }
  const trimmed: Record<string, LeafState> = {};
  for (const [key, times] of Object.entries(merged)) {
    const capacity = capacityOfKey(key);
    if (capacity === undefined) throw new Error(`leaf state ${key} cannot be merged; rebuild it from history`);
    trimmed[key] = trimTimes(
      times.sort((a, b) => b - a),
      { capacity, nowMs },
    );
  }
  return trimmed;
}
