import type { JsonType, ShapeSighting } from './shape-tree.ts';

/** Fields kept of one kind of event. One with more carries data where names should be. */
export const FIELDS_MAX = 200;
/** What comes within the first events of a kind is how it is, and no change. */
export const LEARNT_EVENTS = 50;
/** A field is gone when so many events in a row came without it. */
export const VANISHED_EVENTS = 100;
/** A field that came less often may as well be away for a while. */
export const STEADY_SHARE = 0.9;

/** Ordinals count the events of the kind from 1. */
export interface ObservedType {
  first: number;
  count: number;
  firstAt: number;
  lastAt: number;
}

/** What is known of one path. `first`, `last` and `count` are of events that had a value there: null is none. */
export interface ObservedField {
  first: number;
  last: number;
  count: number;
  types: Partial<Record<JsonType, ObservedType>>;
}

/** All that is kept of one kind of event: a source, type and name. */
export interface ObservedState {
  readonly count: number;
  readonly isCut: boolean;
  readonly fields: Readonly<Record<string, ObservedField>>;
  /** The changes that were noticed and still hold, as `driftKey` writes them. */
  readonly noticed: readonly string[];
}

export const NOTHING_OBSERVED: ObservedState = { count: 0, isCut: false, fields: {}, noticed: [] };

/**
 * The state after further events. Their shapes say all that matters of them, so the answer does not depend on how the
 * events were cut into blocks. Pure.
 */
export function observe(
  state: ObservedState,
  seen: { events: number; sightings: readonly ShapeSighting[] },
): ObservedState {
  const fields: Record<string, ObservedField> = Object.assign(Object.create(null), state.fields);
  const changed = new Set<string>();
  let room = FIELDS_MAX - Object.keys(fields).length;
  let { isCut } = state;
  for (const sighting of seen.sightings) {
    const valued = new Set<string>();
    for (const { path, type } of sighting.facts) {
      if (fields[path] === undefined && room-- <= 0) {
        isCut = true;
        continue;
      }
      if (!changed.has(path)) fields[path] = copyOf(fields[path]);
      changed.add(path);
      const field = fields[path]!;
      addType(field, type, { sighting, before: state.count });
      if (type !== 'null' && !valued.has(path)) addValue(field, sighting, state.count);
      if (type !== 'null') valued.add(path);
    }
  }
  return { ...state, count: state.count + seen.events, isCut, fields };
}

function copyOf(field: ObservedField | undefined): ObservedField {
  return field === undefined ? { first: 0, last: 0, count: 0, types: {} } : { ...field, types: { ...field.types } };
}

function addType(field: ObservedField, type: JsonType, seen: { sighting: ShapeSighting; before: number }): void {
  const { count, firstOrdinal, firstAt, lastAt } = seen.sighting;
  const first = seen.before + firstOrdinal;
  const known = field.types[type];
  field.types[type] =
    known === undefined
      ? { first, count, firstAt, lastAt }
      : {
          first: Math.min(known.first, first),
          count: known.count + count,
          firstAt: Math.min(known.firstAt, firstAt),
          lastAt: Math.max(known.lastAt, lastAt),
        };
}

function addValue(field: ObservedField, sighting: ShapeSighting, before: number): void {
  const first = before + sighting.firstOrdinal;
  field.first = field.count === 0 ? first : Math.min(field.first, first);
  field.last = Math.max(field.last, before + sighting.lastOrdinal);
  field.count += sighting.count;
}

export interface FoundDrift {
  readonly kind: 'new_field' | 'new_type' | 'vanished_field';
  readonly path: string;
  /** The type that is new; '' for the other kinds. */
  readonly jsonType: JsonType | '';
}

/**
 * What changed in a kind of event, as far as it still holds. A field that first had a value after the kind was learnt is
 * new; so is a type other than null that a known field has later; a steady field that a hundred events in a row did not
 * have is gone. Of an object that is new or gone the fields inside are not told. Pure.
 */
export function driftsOf(state: ObservedState): FoundDrift[] {
  const drifts: FoundDrift[] = [];
  for (const [path, field] of Object.entries(state.fields)) {
    const outer = state.fields[outerPath(path)];
    if (isNew(field) && !(outer !== undefined && isNew(outer) && outer.first === field.first)) {
      drifts.push({ kind: 'new_field', path, jsonType: '' });
    }
    for (const [jsonType, type] of Object.entries(field.types) as [JsonType, ObservedType][]) {
      if (jsonType === 'null' || type.first <= Math.max(LEARNT_EVENTS, field.first)) continue;
      drifts.push({ kind: 'new_type', path, jsonType });
    }
    if (hasVanished(state, field) && !(outer !== undefined && hasVanished(state, outer))) {
      drifts.push({ kind: 'vanished_field', path, jsonType: '' });
    }
  }
  return drifts;
}

function isNew(field: ObservedField): boolean {
  return field.first > LEARNT_EVENTS;
}

/** Whether a field that used to be there is no longer sent. */
export function hasVanished(state: ObservedState, field: ObservedField): boolean {
  return (
    field.count >= LEARNT_EVENTS &&
    state.count - field.last >= VANISHED_EVENTS &&
    field.count / (field.last - field.first + 1) > STEADY_SHARE
  );
}

/** The path of what a path lies in: `properties.products[]` of `properties.products[].price`; '' at the top. */
export function outerPath(path: string): string {
  if (path.endsWith('[]')) return path.slice(0, -2);
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

export function driftKey(drift: FoundDrift): string {
  return `${drift.kind} ${drift.jsonType} ${drift.path}`;
}

/** Which changes are to be told now, and which no longer hold. Pure. */
export function noticeDrifts(state: ObservedState): {
  state: ObservedState;
  begun: FoundDrift[];
  ended: FoundDrift[];
} {
  const found = new Map(driftsOf(state).map((drift) => [driftKey(drift), drift]));
  const begun = [...found].filter(([key]) => !state.noticed.includes(key)).map(([, drift]) => drift);
  const ended = state.noticed.filter((key) => !found.has(key)).map(driftOfKey);
  return { state: { ...state, noticed: [...found.keys()] }, begun, ended };
}

function driftOfKey(key: string): FoundDrift {
  const [kind, jsonType, ...path] = key.split(' ');
  return { kind: kind as FoundDrift['kind'], jsonType: jsonType as FoundDrift['jsonType'], path: path.join(' ') };
}
