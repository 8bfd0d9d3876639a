import { isJsonObject, type Json, type JsonObject } from '../../platform/json.ts';

/** A payload that is not what its shop documents: the delivery is set aside with these words. */
export class UnfitPayload extends Error {}

/** The object, or a fault that names what it should have been. */
export function requireObject(value: Json | undefined, what: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new UnfitPayload(`${what} is no object`);
}

/** An id as text, however the shop writes it: number, text, or the last part of a GraphQL gid. */
export function idOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const last = value.slice(value.lastIndexOf('/') + 1).split('?')[0]!;
  return last === '' ? undefined : last;
}

export function requireId(value: Json | undefined, what: string): string {
  const id = idOf(value);
  if (id === undefined) throw new UnfitPayload(`${what} has no id`);
  return id;
}

/** An id that says "none" as 0, as WooCommerce does. */
export function idOrNone(value: Json | undefined): string | undefined {
  const id = idOf(value);
  return id === '0' ? undefined : id;
}

/** A text that says something. */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' ? undefined : text;
}

export function wholeOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(Math.trunc(number)) ? Math.trunc(number) : undefined;
}

export function objectsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function objectOf(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
const BARE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/;

/** An instant that says its zone. Nanoseconds are cut to milliseconds. */
export function instantOf(value: Json | undefined): number | undefined {
  if (typeof value !== 'string' || !ZONED.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** An instant of a `…_gmt` field, which says no zone and means UTC. */
export function gmtOf(value: Json | undefined): number | undefined {
  if (typeof value !== 'string') return undefined;
  return instantOf(BARE.test(value) ? `${value}Z` : value);
}
