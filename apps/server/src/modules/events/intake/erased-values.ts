import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { type Identifier, IdentifierReader } from '../../profiles/index.ts';

/** A shorter number, without its country, may be somebody else's, or none. */
const NATIONAL_DIGITS_MIN = 6;
const reader = new IdentifierReader();

/**
 * The personal values of an event without each that is one of these identifiers, however it is written, or a text with
 * such an email in it. Undefined when nothing is left. Keeps the shape, as `partPersonal` does. Pure.
 */
export function withoutErased(personal: JsonObject | undefined, erased: readonly Identifier[]): JsonObject | undefined {
  if (personal === undefined || erased.length === 0) return personal;
  return withoutIn(personal, erased);
}

function withoutIn(values: JsonObject, erased: readonly Identifier[]): JsonObject | undefined {
  const left = Object.entries(values).flatMap(([field, value]): [string, Json][] => {
    const kept = keptOf(value, erased);
    return kept === undefined ? [] : [[field, kept]];
  });
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

function keptOf(value: Json, erased: readonly Identifier[]): Json | undefined {
  if (isJsonObject(value)) return withoutIn(value, erased);
  // An item's place says what it belongs to.
  if (Array.isArray(value)) return value.map((item) => keptOf(item, erased) ?? null);
  return erased.some((identifier) => names(identifier, value)) ? undefined : value;
}

function names({ kind, value }: Identifier, leaf: Json): boolean {
  if (typeof leaf !== 'string' && typeof leaf !== 'number') return false;
  if (reader.read(kind, leaf)?.value === value) return true;
  if (kind === 'phone') return isNationalForm(String(leaf), value);
  return kind === 'email' && holds(String(leaf).toLowerCase(), value);
}

/** Whose country it is written in, only the event's words say: the digits that are left without a 0 before them do. */
function isNationalForm(text: string, phone: string): boolean {
  const digits = text.replaceAll(/\D/g, '').replace(/^0+/, '');
  return digits.length >= NATIONAL_DIGITS_MIN && phone.endsWith(digits);
}

/** As it is, or in an address of a page. */
function holds(text: string, email: string): boolean {
  return text.includes(email) || text.includes(encodeURIComponent(email).toLowerCase());
}
