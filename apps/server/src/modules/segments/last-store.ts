import {
  defineSection,
  type EventBatch,
  type LoggedEvent,
  type RebuildBatch,
  type Subject,
} from '../../platform/eventlog/index.ts';
import { isJsonObject } from '../../platform/json.ts';
import { noteDerivedTraits } from '../profiles/index.ts';
import type { Place } from './facts.ts';
import { placeIn } from './place.ts';

interface LastStore {
  /** Event time of the order. */
  atMs: number;
  place: Place;
}

/** Where a profile last bought in a store; there only for those who did. */
const lastStoreSection = defineSection<LastStore>('y');

/** Where her last order in a store was; undefined where none said. */
export function lastStoreOf(subject: Subject): Place | undefined {
  return subject.get(lastStoreSection)?.place;
}

/** Keeps where profiles last bought in a store: what `properties.store` of an order says. No query. */
export function hearStores({ entries, merges }: Pick<EventBatch, 'entries' | 'merges'>): void {
  for (const { from, into } of merges) keep(into, from.get(lastStoreSection));
  for (const { event, subject } of entries) if (subject !== undefined) keep(subject, readStore(event));
}

/** The same from all that a profile ever did. */
export async function rebuildStores(batch: Pick<RebuildBatch, 'rebuilds' | 'history'>): Promise<void> {
  for (const subject of batch.rebuilds) {
    if (subject.get(lastStoreSection) !== undefined) subject.set(lastStoreSection, undefined);
    for await (const event of batch.history(subject, ['track'])) keep(subject, readStore(event));
  }
}

/** The newest by event time; of one instant that of the greater text, so that order never matters. */
function keep(subject: Subject, store: LastStore | undefined): void {
  if (store === undefined) return;
  const before = subject.get(lastStoreSection);
  if (before !== undefined && !isLater(store, before)) return;
  subject.set(lastStoreSection, store);
  noteDerivedTraits(subject, ['$place']);
}

function isLater(a: LastStore, b: LastStore): boolean {
  return a.atMs === b.atMs ? JSON.stringify(a.place) > JSON.stringify(b.place) : a.atMs > b.atMs;
}

function readStore({ type, name, occurredAt, payload }: LoggedEvent): LastStore | undefined {
  if (type !== 'track' || name !== 'Order Completed') return undefined;
  const store = payload.properties?.['store'];
  if (!isJsonObject(store)) return undefined;
  const place = placeIn(store);
  return Object.keys(place).length === 0 ? undefined : { atMs: occurredAt, place };
}
