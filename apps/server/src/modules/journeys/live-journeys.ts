import type { JourneyState } from '@segue/contract';

import { hears, keyOf, type CompiledGraph, type Listener } from './graph.ts';
import type { HeardEvent } from './types.ts';

/** A journey as stages work with it: its current version, and every version runs are still on. */
export interface LiveJourney {
  readonly id: string;
  readonly name: string;
  readonly state: JourneyState;
  readonly version: number;
  readonly graphs: ReadonlyMap<number, CompiledGraph>;
}

export interface HeardEntry {
  readonly journey: LiveJourney;
  readonly graph: CompiledGraph;
  readonly key: string;
}

/** What live journeys make of one event, before it is known whose it is. */
export interface Heard {
  /** Slots that heard it, with the key it names there. */
  readonly slots: ReadonlyMap<string, string>;
  readonly entries: readonly HeardEntry[];
}

export interface LiveJourneys {
  readonly byId: ReadonlyMap<string, LiveJourney>;
  /** Undefined when no live journey cares, which is the answer for most events. */
  listen(event: HeardEvent): Heard | undefined;
}

interface Ears {
  readonly listeners: Map<string, Listener>;
  readonly entries: { readonly journey: LiveJourney; readonly graph: CompiledGraph }[];
}

/** Indexes what journeys listen to by event type and name. */
export function indexJourneys(journeys: readonly LiveJourney[]): LiveJourneys {
  const ears = new Map<string, Ears>();
  const earsOf = (type: string, name: string | undefined): Ears => {
    const place = placeOf(type, name);
    const found = ears.get(place) ?? { listeners: new Map<string, Listener>(), entries: [] };
    ears.set(place, found);
    return found;
  };
  const listenFor = (listener: Listener): void => {
    for (const type of listener.types) earsOf(type, listener.name).listeners.set(listener.slot, listener);
  };
  for (const journey of journeys) {
    for (const graph of journey.graphs.values()) graph.listeners.forEach(listenFor);
    const current = journey.graphs.get(journey.version);
    if (journey.state !== 'published' || current === undefined) continue;
    for (const type of current.entry.types) earsOf(type, current.entry.name).entries.push({ journey, graph: current });
  }
  return {
    byId: new Map(journeys.map((journey) => [journey.id, journey])),
    listen: (event) =>
      listen([ears.get(placeOf(event.type, event.name)), ears.get(placeOf(event.type, undefined))], event),
  };
}

function placeOf(type: string, name: string | undefined): string {
  return name === undefined ? type : `${type}\n${name}`;
}

function listen(ears: readonly (Ears | undefined)[], event: HeardEvent): Heard | undefined {
  const slots = new Map<string, string>();
  const entries: HeardEntry[] = [];
  for (const ear of ears) {
    if (ear === undefined) continue;
    for (const [slot, listener] of ear.listeners)
      if (hears(listener, event)) slots.set(slot, keyOf(event, listener.keySteps));
    for (const { journey, graph } of ear.entries) {
      if (!hears(graph.entry, event)) continue;
      const key = keyOf(event, graph.entry.keySteps);
      // An event that names no key cannot say which run it would start.
      if (graph.entry.keySteps === undefined || key !== '') entries.push({ journey, graph, key });
    }
  }
  return slots.size === 0 && entries.length === 0 ? undefined : { slots, entries };
}
