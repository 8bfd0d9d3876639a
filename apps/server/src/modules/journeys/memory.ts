import { defineSection } from '../../platform/eventlog/index.ts';
import { concerns, type CompiledGraph } from './graph.ts';

/** A late entry must find what ended its run before it began; older than this, nobody waits for it any more. */
export const MEMORY_MS = 30 * 86_400_000;
/** Newest keys remembered of one slot, and newest slots of one profile: bounds what a profile can weigh. */
export const MEMORY_KEYS_MAX = 32;
export const MEMORY_SLOTS_MAX = 64;

/** Newest time by key; '' for events that name none. */
type Times = Readonly<Record<string, number>>;

/** The journeys' part of a subject: what the stage must know of a profile without asking the database. */
export interface JourneySection {
  /** Runs waiting or watching. */
  readonly n?: number;
  /** Of journeys without a key: when a run last was entered, and when it ended (0: not yet). */
  readonly e?: Readonly<Record<string, readonly [enteredAt: number, endedAt: number]>>;
  /** When what live journeys listen to last happened, by slot and key. */
  readonly m?: Readonly<Record<string, Times>>;
}

export const journeySection = defineSection<JourneySection>('j');

export interface Happening {
  readonly slot: string;
  readonly key: string;
  readonly atMs: number;
}

/** Remembers a happening; the same section when it changes nothing. */
export function remember(section: JourneySection, { slot, key, atMs }: Happening, now: number): JourneySection {
  const times = section.m?.[slot];
  const known = times !== undefined && Object.hasOwn(times, key) ? times[key] : undefined;
  if (atMs <= now - MEMORY_MS || (known !== undefined && known >= atMs)) return section;
  return { ...section, m: boundSlots({ ...section.m, [slot]: boundTimes({ ...times, [key]: atMs }, now) }, now) };
}

function boundTimes(times: Times, now: number): Times {
  const fresh = Object.entries(times).filter(([, atMs]) => atMs > now - MEMORY_MS);
  fresh.sort((a, b) => b[1] - a[1]);
  return Object.fromEntries(fresh.slice(0, MEMORY_KEYS_MAX));
}

function boundSlots(memory: Readonly<Record<string, Times>>, now: number): Readonly<Record<string, Times>> {
  const newest = Object.entries(memory).map(([slot, times]) => ({
    slot,
    times,
    atMs: Math.max(...Object.values(times)),
  }));
  const fresh = newest.filter(({ atMs }) => atMs > now - MEMORY_MS).sort((a, b) => b.atMs - a.atMs);
  return Object.fromEntries(fresh.slice(0, MEMORY_SLOTS_MAX).map(({ slot, times }) => [slot, times]));
}

/** What a graph listens to and this profile did last, as far as it concerns a run of this key. */
export function recall(section: JourneySection, graph: CompiledGraph, key: string): Record<string, number> {
  const recalled: Record<string, number> = {};
  for (const listener of graph.listeners) {
    for (const [named, atMs] of Object.entries(section.m?.[listener.slot] ?? {})) {
      if (concerns(listener, named, key)) recalled[listener.slot] = Math.max(atMs, recalled[listener.slot] ?? atMs);
    }
  }
  return recalled;
}

/** One section of two profiles that turned out to be one. */
export function mergeSections(into: JourneySection, from: JourneySection, now: number): JourneySection {
  let merged: JourneySection = { ...into, n: (into.n ?? 0) + (from.n ?? 0) };
  for (const [slot, times] of Object.entries(from.m ?? {})) {
    for (const [key, atMs] of Object.entries(times)) merged = remember(merged, { slot, key, atMs }, now);
  }
  const entries: Record<string, readonly [number, number]> = { ...into.e };
  for (const [journeyId, [enteredAt, endedAt]] of Object.entries(from.e ?? {})) {
    const [otherEnteredAt, otherEndedAt] = entries[journeyId] ?? [enteredAt, endedAt];
    entries[journeyId] = [Math.max(enteredAt, otherEnteredAt), Math.max(endedAt, otherEndedAt)];
  }
  return Object.keys(entries).length === 0 ? merged : { ...merged, e: entries };
}
