import type { Json, JsonObject } from '../../../platform/json.ts';
import { isJsonObject } from '../../../platform/json.ts';

/** Deeper than any real event; a walk over hostile input must end. */
export const DEPTH_MAX = 32;

/** Field names, without case, spaces, dashes and underscores, whose values say who somebody is. */
const PERSONAL_FIELDS = new Set([
  'email', 'emailaddress', 'phone', 'phonenumber', 'mobile', 'mobilenumber', 'telephone', 'name', 'firstname', 'lastname',
  'fullname', 'middlename', 'username', 'address', 'street', 'streetaddress', 'address1', 'address2', 'addressline1',
  'addressline2', 'shippingaddress', 'billingaddress', 'postcode', 'postalcode', 'zip', 'zipcode', 'birthday',
  'birthdate', 'dateofbirth', 'dob', 'avatar', 'ip', 'ipaddress', 'passport', 'taxid', 'vatnumber', 'latitude',
  'longitude', 'advertisingid', 'recipient', 'whatsapp',
]);

/** In properties and context a bare `name` or `address` names a product, a page, a store; only in traits it is a person's. */
const PERSONAL_IN_TRAITS_ONLY = new Set(['name', 'address', 'street', 'avatar', 'postcode', 'postalcode', 'zip', 'zipcode']);

const known = new Map<string, string>();
const KNOWN_MAX = 20_000;

function plainName(field: string): string {
  let plain = known.get(field);
  if (plain === undefined) {
    plain = field.toLowerCase().replace(/[\s_-]/g, '');
    if (known.size > KNOWN_MAX) known.clear();
    known.set(field, plain);
  }
  return plain;
}

export type Place = 'traits' | 'properties';

export class TooDeep extends Error {}

/**
 * Parts an object into what may be read by anyone with access to the history and what is personal. A personal field is
 * taken out whole, with everything below it. Both keep the shape of the original; `personal` is undefined when nothing is.
 * `__proto__` is dropped: no reader of the history should ever have to be careful.
 */
export function partPersonal(value: JsonObject, place: Place, depth = 0): { clear: JsonObject; personal: JsonObject | undefined } {
  if (depth > DEPTH_MAX) throw new TooDeep();
  const clear: JsonObject = {};
  let personal: JsonObject | undefined;
  for (const field in value) {
    if (field === '__proto__') continue;
    const inner = value[field] as Json;
    if (inner !== null && isPersonal(field, place)) {
      (personal ??= {})[field] = inner;
      checkDepth(inner, depth + 1);
    } else if (typeof inner === 'object' && inner !== null) {
      const parted = partInner(inner, place, depth + 1);
      clear[field] = parted.clear;
      if (parted.personal !== undefined) (personal ??= {})[field] = parted.personal;
    } else {
      clear[field] = inner;
    }
  }
  return { clear, personal };
}

function partInner(inner: Json[] | JsonObject, place: Place, depth: number): { clear: Json; personal: Json | undefined } {
  // Within a trait the parts of the whole are not taken apart: `company: { name }` is a company's name.
  const innerPlace: Place = place === 'traits' ? 'properties' : place;
  if (isJsonObject(inner)) return partPersonal(inner, innerPlace, depth);
  if (depth > DEPTH_MAX) throw new TooDeep();
  let personal: Json[] | undefined;
  const clear = inner.map((item, index): Json => {
    if (typeof item !== 'object' || item === null) return item;
    const parted = partInner(item, innerPlace, depth + 1);
    if (parted.personal !== undefined) (personal ??= new Array<Json>(inner.length).fill(null))[index] = parted.personal;
    return parted.clear;
  });
  return { clear, personal };
}

function isPersonal(field: string, place: Place): boolean {
  const plain = plainName(field);
  return PERSONAL_FIELDS.has(plain) && (place === 'traits' || !PERSONAL_IN_TRAITS_ONLY.has(plain));
}

/** Whether a trait of this name is kept sealed. */
export function isPersonalTrait(name: string): boolean {
  return isPersonal(name, 'traits');
}

function checkDepth(value: Json, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH_MAX) throw new TooDeep();
  for (const inner of Array.isArray(value) ? value : Object.values(value)) checkDepth(inner, depth + 1);
}

/** Puts personal values back where they were taken from. Arrays were parted item by item, so they fit again. */
export function joinPersonal(clear: Json, personal: Json): Json {
  if (isJsonObject(clear) && isJsonObject(personal)) {
    const joined: JsonObject = { ...clear };
    for (const [field, value] of Object.entries(personal)) {
      joined[field] = field in clear ? joinPersonal(clear[field]!, value) : value;
    }
    return joined;
  }
  if (Array.isArray(clear) && Array.isArray(personal)) {
    return clear.map((item, index) => (personal[index] === null || personal[index] === undefined ? item : joinPersonal(item, personal[index])));
  }
  return personal;
}
