import type { Json } from '../../../platform/json.ts';

/** What is remembered of one profile for one leaf: JSON in the shape that its kind's file describes, never changed in place. */
export type LeafState = Json;

/** What one event says to a leaf: its time, and what the kind's file says goes along with it. */
export type LeafSample = readonly [atMs: number, ...said: Json[]];

/**
 * How states of one kind are kept; nothing but a leaf's key is needed for it. Order of samples and grouping of merges do
 * not matter. `nowMs` must not run backwards for a profile: what had come is forgotten as far as no later instant needs it.
 */
export interface LeafKind {
  /** One more event, that came late or on time. Answers the same object when nothing changes. */
  insert(state: LeafState | undefined, sample: LeafSample, nowMs: number): LeafState;
  /** States of disjoint sets of events, put together. */
  merge(states: readonly LeafState[], nowMs: number): LeafState;
}

/** Intake bounds how far ahead an event may be dated; this bounds how many are remembered, and drops the farthest. */
export const PENDING_MAX = 1024;

/** How many of a list that begins with the newest have yet to come. */
export function countPending(newestFirst: readonly (readonly Json[])[], nowMs: number): number {
  let pending = 0;
  while (pending < newestFirst.length && Number(newestFirst[pending]![0]) > nowMs) pending += 1;
  return pending;
}
