import { blindHash, deriveKey, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { readNumber } from '../../../platform/number-in-text.ts';
import { holdsEmail, isPersonalProperty } from './personal.ts';

/** Hashes of a sealed property, by its name. */
export type BlindProperties = Record<string, string[]>;

const FIELDS_MAX = 16;
/** Longer texts are only sealed. */
export const BLIND_CHARS_MAX = 512;
/** Nobody is looked for by her network address. */
const NEVER = new Set(['ip', 'ips', 'ip_address', 'ipAddress']);

/**
 * What equality can be asked of without opening anything: keyed hashes of an event's sealed properties, of the topmost
 * level only. Undefined where there are none.
 */
export function blindProperties(keys: WorkspaceKeys, personal: JsonObject | undefined): BlindProperties | undefined {
  const properties = personal?.['properties'];
  if (!isJsonObject(properties)) return undefined;
  let blind: BlindProperties | undefined;
  let fields = 0;
  for (const [field, value] of Object.entries(properties)) {
    const forms = NEVER.has(field) ? [] : formsOfValue(value);
    if (forms.length === 0) continue;
    if (++fields > FIELDS_MAX) break;
    (blind ??= {})[field] = forms.map((form) => hashOf(keys, field, form));
  }
  return blind;
}

/**
 * The hashes a sealed property has that equals one of these values; undefined where what equals them is never sealed. A
 * number equals a text that writes it, and a text that writes a number equals that number.
 */
export function blindHashesOf(
  keys: WorkspaceKeys,
  field: string,
  values: readonly (string | number | boolean)[],
): readonly string[] | undefined {
  const isSealed = isPersonalProperty(field) || values.some((value) => typeof value === 'string' && holdsEmail(value));
  if (!isSealed) return undefined;
  return [...new Set(values.flatMap(formsOfSought))].map((form) => hashOf(keys, field, form));
}

function formsOfValue(value: Json): string[] {
  if (typeof value === 'number') return [`n${value}`];
  if (typeof value !== 'string' || value.length > BLIND_CHARS_MAX) return [];
  const number = readNumber(value);
  return number === undefined ? [`s${value}`] : [`s${value}`, `t${number}`];
}

function formsOfSought(value: string | number | boolean): string[] {
  if (typeof value === 'boolean') return [];
  if (typeof value === 'number') return [`n${value}`, `t${value}`];
  const number = readNumber(value);
  return number === undefined ? [`s${value}`] : [`s${value}`, `n${number}`];
}

function hashOf(keys: WorkspaceKeys, field: string, form: string): string {
  return blindHash(propertyKey(keys), `${field}\n${form}`).toString('base64url');
}

const propertyKeys = new WeakMap<WorkspaceKeys, Buffer>();

function propertyKey(keys: WorkspaceKeys): Buffer {
  const known = propertyKeys.get(keys);
  if (known !== undefined) return known;
  const key = deriveKey(keys.blind, 'event property');
  propertyKeys.set(keys, key);
  return key;
}
