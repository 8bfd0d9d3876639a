import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Kinds of identifier and the code each is stored under. Codes never change; rank is a matter of `RANKED_KINDS`. */
export const KIND_CODES = {
  userId: 10,
  loyaltyId: 20,
  email: 30,
  phone: 40,
  device: 50,
  channel: 60,
  anonymousId: 90,
} as const;
export type IdentifierKind = keyof typeof KIND_CODES;

const KINDS_BY_CODE = new Map<number, IdentifierKind>(
  Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as IdentifierKind]),
);

/** Strongest first. */
export const RANKED_KINDS: readonly IdentifierKind[] = [
  'userId',
  'loyaltyId',
  'email',
  'phone',
  'device',
  'channel',
  'anonymousId',
];

/** How many of a kind one profile may hold. Two user ids never: they are two customers. */
export const KIND_LIMITS: Readonly<Record<IdentifierKind, number>> = {
  userId: 1,
  loyaltyId: 1,
  email: 5,
  phone: 5,
  device: 10,
  channel: 10,
  anonymousId: 50,
};

export interface Identifier {
  readonly kind: IdentifierKind;
  /** Normalised. */
  readonly value: string;
}

export function kindOfCode(code: number): IdentifierKind | undefined {
  return KINDS_BY_CODE.get(code);
}

export function isIdentifierKind(text: string): text is IdentifierKind {
  return text in KIND_CODES && Object.hasOwn(KIND_CODES, text);
}

/** What broken integrations send in place of an identifier; a profile keyed by one would swallow many customers. */
const JUNK = new Set([
  'null',
  'undefined',
  'none',
  'nan',
  'nil',
  'anonymous',
  'guest',
  'unknown',
  'true',
  'false',
  '[object object]',
  '-1',
  'id',
  'email',
  'distinct_id',
  'distinctid',
  'anonymousid',
  'anonymous_id',
  'not_authenticated',
]);
const ONLY_ZEROS_AND_DASHES = /^[0-]*$/;
const LENGTH_MAX = 512;
/** NUL cannot be stored as text; ids that differ only in halves of surrogate pairs would be one and the same. */
const UNWRITABLE = /[\0\p{Surrogate}]/u;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The identifier in its one written form, or undefined when the value cannot identify anybody. */
export function normaliseIdentifier(kind: IdentifierKind, raw: unknown): Identifier | undefined {
  const text = typeof raw === 'number' && Number.isFinite(raw) ? String(raw) : raw;
  if (typeof text !== 'string') return undefined;
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > LENGTH_MAX || UNWRITABLE.test(trimmed) || isJunk(trimmed)) return undefined;
  const value = WRITTEN_FORMS[kind](trimmed);
  return value === undefined ? undefined : { kind, value };
}

function isJunk(text: string): boolean {
  return ONLY_ZEROS_AND_DASHES.test(text) || JUNK.has(text.replace(/^["']|["']$/g, '').toLowerCase());
}

const asGiven = (text: string): string => text;

const WRITTEN_FORMS: Readonly<Record<IdentifierKind, (text: string) => string | undefined>> = {
  userId: asGiven,
  loyaltyId: asGiven,
  email: (text) => (EMAIL.test(text) ? text.toLowerCase() : undefined),
  // E.164. A number without its country code could be two people's.
  phone: (text) => {
    const parsed = parsePhoneNumberFromString(text);
    return parsed?.isPossible() === true ? parsed.number : undefined;
  },
  device: asGiven,
  channel: asGiven,
  anonymousId: asGiven,
};

/** Strongest first, each once. */
export function rankIdentifiers(identifiers: readonly Identifier[]): Identifier[] {
  const seen = new Set<string>();
  return [...identifiers]
    .sort((a, b) => RANKED_KINDS.indexOf(a.kind) - RANKED_KINDS.indexOf(b.kind))
    .filter((identifier) => {
      const key = `${identifier.kind}\n${identifier.value}`;
      return seen.has(key) ? false : seen.add(key);
    });
}
