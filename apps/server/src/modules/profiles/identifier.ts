import { isJunk } from './junk-value.ts';
import { phoneNumber } from './phone-number.ts';

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

/** Strongest first. A channel address (WhatsApp, Messenger) is one person's, a device whoever's hands it is in. */
export const RANKED_KINDS: readonly IdentifierKind[] = [
  'userId',
  'loyaltyId',
  'email',
  'phone',
  'channel',
  'device',
  'anonymousId',
];

export interface Identifier {
  /** One of Segue's kinds, or the workspace's own. */
  readonly kind: string;
  /** Normalised. */
  readonly value: string;
  /** What nodes of a workspace's own kind are stored with; Segue's kinds have theirs in `KIND_CODES`. */
  readonly code?: number | undefined;
  /** Who she was before, as an alias says: a user id if there is one of that name, else an anonymousId; so it comes as both. */
  readonly isPrevious?: true | undefined;
}

/** One of Segue's kinds; workspaces' own are in `identity_kind`. */
export function kindOfCode(code: number): IdentifierKind | undefined {
  return KINDS_BY_CODE.get(code);
}

export function isIdentifierKind(text: string): text is IdentifierKind {
  return Object.hasOwn(KIND_CODES, text);
}

/** What a node of this identifier is stored with. */
export function codeOf(identifier: Identifier): number {
  return identifier.code ?? KIND_CODES[identifier.kind as IdentifierKind];
}

const LENGTH_MAX = 512;
/** NUL cannot be stored as text; ids that differ only in halves of surrogate pairs would be one and the same. */
const UNWRITABLE = /[\0\p{Surrogate}]/u;

/** The value of an identifier as it was sent, trimmed; undefined when it cannot identify anybody, whatever its kind. */
function identifierText(raw: unknown): string | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) && isExact(raw) ? identifierText(String(raw)) : undefined;
  if (typeof raw !== 'string') return undefined;
  const text = raw.trim();
  return text.length > LENGTH_MAX || UNWRITABLE.test(text) || isJunk(text) ? undefined : text;
}

/** JSON's whole numbers beyond 2^53 lose their last digits on the way: two customers would become one. */
function isExact(number: number): boolean {
  return Number.isSafeInteger(number) || !Number.isInteger(number);
}

/** The identifier in its one written form, or undefined when the value cannot identify anybody. `country`: as `phoneNumber`. */
export function normaliseIdentifier(kind: string, raw: unknown, country?: string): Identifier | undefined {
  const text = identifierText(raw);
  const value = text === undefined ? undefined : writtenForm(kind, text, country);
  return value === undefined ? undefined : { kind, value };
}

/** The one form in which a value of the kind is written; undefined when it is none of that kind. */
function writtenForm(kind: string, text: string, country: string | undefined): string | undefined {
  if (kind === 'email') return isEmail(text) ? text.toLowerCase() : undefined;
  if (kind === 'phone') return phoneNumber(text, country);
  return text;
}

/** One @ with something before it and a domain with a dot behind it. More is the mail server's to judge. */
function isEmail(text: string): boolean {
  const at = text.indexOf('@');
  if (at < 1 || text.includes('@', at + 1) || /\s/.test(text)) return false;
  const dot = text.indexOf('.', at + 2);
  return dot > 0 && !text.endsWith('.');
}

/** Strongest first, each once. */
export function rankIdentifiers(identifiers: readonly Identifier[]): Identifier[] {
  const seen = new Set<string>();
  return [...identifiers]
    .sort((a, b) => rankOf(a.kind) - rankOf(b.kind))
    .filter((identifier) => {
      const key = `${identifier.kind}\n${identifier.value}`;
      return seen.has(key) ? false : seen.add(key);
    });
}

function rankOf(kind: string): number {
  return RANKED_KINDS.indexOf(kind as IdentifierKind);
}
