import type { Json, JsonObject } from '../../../../platform/json.ts';
import { LEARNT_EVENTS, outerPath, STEADY_SHARE, VANISHED_EVENTS } from '../observed-state.ts';
import { ARRAY_ITEMS_MAX, PATH_DEPTH_MAX } from '../shape-tree.ts';

export interface SeenEvent {
  readonly properties?: JsonObject;
  readonly traits?: JsonObject;
  readonly at: number;
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Every (path, type) of one event, straight from its definition. */
export function naiveFacts(event: SeenEvent): Set<string> {
  const facts = new Set<string>();
  const visit = (value: Json, path: string, depth: number): void => {
    if (depth > 0) facts.add(`${typeOf(value)} ${path}`);
    if (typeof value !== 'object' || value === null || depth >= PATH_DEPTH_MAX) return;
    if (!Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`, depth + 1);
      return;
    }
    for (const item of value.slice(0, ARRAY_ITEMS_MAX)) {
      facts.add(`${typeOf(item)} ${path}[]`);
      if (typeOf(item) === 'object')
        for (const [key, inner] of Object.entries(item!)) visit(inner, `${path}[].${key}`, depth + 1);
      else if (typeOf(item) === 'array') visit(item, `${path}[]`, depth + 1);
    }
  };
  if (event.properties !== undefined) visit(event.properties, 'properties', 0);
  if (event.traits !== undefined) visit(event.traits, 'traits', 0);
  return facts;
}

export interface NaiveField {
  /** Ordinals of the events that had a value there. */
  readonly valued: number[];
  /** Ordinals and instants of the events that had this type there. */
  readonly types: Map<string, { ordinal: number; at: number }[]>;
}

export function naiveFields(events: readonly SeenEvent[]): Map<string, NaiveField> {
  const fields = new Map<string, NaiveField>();
  events.forEach((event, index) => {
    const ordinal = index + 1;
    for (const fact of naiveFacts(event)) {
      const [type, ...rest] = fact.split(' ');
      const path = rest.join(' ');
      const field: NaiveField = fields.get(path) ?? { valued: [], types: new Map() };
      fields.set(path, field);
      if (type !== 'null' && field.valued.at(-1) !== ordinal) field.valued.push(ordinal);
      field.types.set(type!, [...(field.types.get(type!) ?? []), { ordinal, at: event.at }]);
    }
  });
  return fields;
}

/** The changes that hold after these events, from the whole list of them. */
export function naiveDrifts(events: readonly SeenEvent[]): Set<string> {
  const fields = naiveFields(events);
  const isNew = (field: NaiveField | undefined) => field !== undefined && (field.valued[0] ?? 0) > LEARNT_EVENTS;
  const isGone = (field: NaiveField | undefined) => {
    if (field === undefined || field.valued.length < LEARNT_EVENTS) return false;
    const lastNeeded = events.length - VANISHED_EVENTS;
    const first = field.valued[0]!;
    const last = field.valued.at(-1)!;
    return last <= lastNeeded && field.valued.length > STEADY_SHARE * (last - first + 1);
  };
  const drifts = new Set<string>();
  for (const [path, field] of fields) {
    const outer = fields.get(outerPath(path));
    if (isNew(field) && !(isNew(outer) && outer!.valued[0] === field.valued[0])) drifts.add(`new_field  ${path}`);
    if (isGone(field) && !isGone(outer)) drifts.add(`vanished_field  ${path}`);
    for (const [type, seen] of field.types) {
      if (type === 'null') continue;
      const firstSeen = seen[0]!.ordinal;
      const before = field.valued.filter((ordinal) => ordinal < firstSeen).length;
      if (firstSeen > LEARNT_EVENTS && before > 0) drifts.add(`new_type ${type} ${path}`);
    }
  }
  return drifts;
}
