import type { Json, JsonObject } from '../../../platform/json.ts';
import { isJsonObject } from '../../../platform/json.ts';
import { type Place, ruleOfField } from './personal-fields.ts';

/** Deeper than any real event; a walk over hostile input must end. */
export const DEPTH_MAX = 32;

/** An address that stands in a text whose field does not say so: in a URL, a note, a list. */
const HOLDS_EMAIL = /[\w.+-](?:@|%40)[\w-]+\.\w/;

export class TooDeep extends Error {}

/**
 * Parts an object into what may be read by anyone with access to the history and what is personal. A personal field is
 * taken out whole, with everything below it. Both keep the shape of the original; `personal` is undefined when nothing is.
 * `__proto__` is dropped: no reader of the history should ever have to be careful.
 */
export function partPersonal(
  value: JsonObject,
  place: Place,
  depth = 0,
): { clear: JsonObject; personal: JsonObject | undefined } {
  if (depth > DEPTH_MAX) throw new TooDeep();
  const clear: JsonObject = {};
  let personal: JsonObject | undefined;
  for (const field in value) {
    if (field === '__proto__') continue;
    const inner = value[field] as Json;
    const rule = ruleOfField(field);
    if (rule.personalIn[place] && inner !== null && typeof inner !== 'boolean') {
      (personal ??= {})[field] = copyOf(inner, depth + 1);
    } else if (typeof inner === 'object' && inner !== null) {
      const parted = partInner(inner, rule.below ?? place, depth + 1);
      clear[field] = parted.clear;
      if (parted.personal !== undefined) (personal ??= {})[field] = parted.personal;
    } else if (typeof inner === 'string' && holdsEmail(inner)) {
      (personal ??= {})[field] = inner;
    } else {
      clear[field] = asWritten(inner);
    }
  }
  return { clear, personal };
}

function partInner(
  inner: Json[] | JsonObject,
  place: Place,
  depth: number,
): { clear: Json; personal: Json | undefined } {
  if (isJsonObject(inner)) return partPersonal(inner, place, depth);
  if (depth > DEPTH_MAX) throw new TooDeep();
  let personal: Json[] | undefined;
  const clear = inner.map((item, index): Json => {
    const parted = partItem(item, place, depth + 1);
    if (parted.personal !== undefined)
      (personal ??= Array.from({ length: inner.length }, (): Json => null))[index] = parted.personal;
    return parted.clear;
  });
  return { clear, personal };
}

function partItem(item: Json, place: Place, depth: number): { clear: Json; personal: Json | undefined } {
  if (typeof item === 'object' && item !== null) return partInner(item, place, depth);
  return typeof item === 'string' && holdsEmail(item)
    ? { clear: null, personal: item }
    : { clear: asWritten(item), personal: undefined };
}

/** A number beyond a double's range is written as null; whoever reads the event before it is written sees the same. */
function asWritten(value: Json): Json {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

export function holdsEmail(text: string): boolean {
  return (text.includes('@') || text.includes('%40')) && HOLDS_EMAIL.test(text);
}

/** Whether an event's property of this name is kept sealed. */
export function isPersonalProperty(name: string): boolean {
  return ruleOfField(name).personalIn.thing;
}

/** Whether what lies at this path below an event's properties is kept sealed: of a `customer` the `name` is, of an item not. */
export function isPersonalPath(steps: readonly string[]): boolean {
  let place: Place = 'thing';
  for (const step of steps) {
    const rule = ruleOfField(step);
    if (rule.personalIn[place]) return true;
    place = rule.below ?? place;
  }
  return false;
}

/** Whether a trait of this name is kept sealed. */
export function isPersonalTrait(name: string): boolean {
  return ruleOfField(name).personalIn.person;
}

function copyOf(value: Json, depth: number): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) throw new TooDeep();
  if (Array.isArray(value)) return value.map((inner) => copyOf(inner, depth + 1));
  const copy: JsonObject = {};
  for (const field in value) if (field !== '__proto__') copy[field] = copyOf(value[field]!, depth + 1);
  return copy;
}

/** Puts personal values back where they were taken from. Arrays were parted item by item, so they fit again. */
export function joinPersonal(clear: Json, personal: Json): Json {
  if (isJsonObject(clear) && isJsonObject(personal)) {
    const joined: JsonObject = { ...clear };
    for (const [field, value] of Object.entries(personal)) {
      joined[field] = Object.hasOwn(clear, field) ? joinPersonal(clear[field]!, value) : value;
    }
    return joined;
  }
  if (Array.isArray(clear) && Array.isArray(personal)) {
    return clear.map((item, index) =>
      personal[index] === null || personal[index] === undefined ? item : joinPersonal(item, personal[index]),
    );
  }
  return personal;
}
