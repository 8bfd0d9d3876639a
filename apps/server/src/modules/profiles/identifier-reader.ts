import { compileBlockedValues } from './blocked-values.ts';
import { codeOf, type Identifier, isIdentifierKind, kindOfCode, normaliseIdentifier } from './identifier.ts';
import { DEFAULT_IDENTITY_RULES, type IdentityRules } from './identity-rules.ts';
import { phoneCountry } from './phone-number.ts';

/** What an event is identified by. */
interface RankedIdentifiers {
  /** Strongest first, each once. */
  readonly identifiers: readonly Identifier[];
  /** The places of those that are only claimed; undefined: none is. */
  readonly claims: readonly number[] | undefined;
}

/** A kind of the workspace's own, and the fields of traits it may stand in. */
interface OwnKind {
  readonly kind: string;
  readonly spellings: readonly string[];
}

/** What anybody can type into a form. */
const CLAIMED_KINDS: ReadonlySet<string> = new Set(['email', 'phone']);
/** Behind every kind that is read. */
const LAST = 10_000;

/** Reads identifiers by the rules of one workspace. Made once for many requests: what it needs is worked out beforehand. */
export class IdentifierReader {
  readonly rules: IdentityRules;
  readonly country: string | undefined;
  readonly ownKinds: readonly OwnKind[];
  /** Fields of traits that hold identifiers of own kinds, also of those no longer read: they are sealed. */
  readonly ownFields: ReadonlySet<string>;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #codes: ReadonlyMap<string, number>;
  readonly #types: ReadonlyMap<string, string>;
  readonly #names: ReadonlyMap<number, string>;
  readonly #isBlocked: (text: string) => boolean;

  /** `names`: what every own kind there ever was is called, by code. */
  constructor(rules: IdentityRules = DEFAULT_IDENTITY_RULES, names: ReadonlyMap<number, string> = new Map()) {
    this.rules = rules;
    this.country = phoneCountry(rules.country);
    this.#names = names;
    this.#isBlocked = compileBlockedValues(rules.blockedValues);
    this.#ranks = new Map(rules.kinds.map(({ kind }, rank) => [kind, rank]));
    const own = rules.kinds.filter(({ kind }) => !isIdentifierKind(kind));
    this.#codes = new Map(own.map(({ kind, code }) => [kind, code]));
    this.ownKinds = own.map(({ kind }) => ({ kind, spellings: spellingsOf(kind) }));
    this.ownFields = new Set([...names.values()].flatMap(spellingsOf));
    this.#types = new Map([
      ...own.flatMap(({ kind }) => spellingsOf(kind).map((type) => [type, kind] as const)),
      ...SEGUE_TYPES,
    ]);
  }

  /** The identifier in its one written form; undefined when the value identifies nobody. `country`: of a phone number. */
  read(kind: string, raw: unknown, country: string | undefined = this.country): Identifier | undefined {
    const identifier = normaliseIdentifier(kind, raw, country);
    if (identifier === undefined || this.#isBlocked(identifier.value)) return undefined;
    if (typeof raw === 'string' && raw !== identifier.value && this.#isBlocked(raw.trim())) return undefined;
    const code = this.#codes.get(kind);
    return code === undefined ? identifier : { ...identifier, code };
  }

  /** The country when telephone numbers of it can be read: ISO 3166-1 alpha-2, in any case. */
  phoneCountry(text: unknown): string | undefined {
    return phoneCountry(text);
  }

  /** The kind that a `type` of `context.externalIds` names, in camelCase or snake_case. */
  kindOfType(type: string): string | undefined {
    return this.#types.get(type);
  }

  /** What nodes with this code are called, also of kinds that are no longer read. */
  kindOfCode(code: number): string | undefined {
    return kindOfCode(code) ?? this.#names.get(code);
  }

  /** Sorts by rank, strongest first: for lists of what a profile holds. */
  rankOfCode(code: number): number {
    const kind = this.kindOfCode(code);
    return (kind === undefined ? undefined : this.#ranks.get(kind)) ?? LAST;
  }

  /** An email or phone that a source says which is not trusted is only a claim. */
  rank(found: readonly Identifier[], isTrusted: boolean): RankedIdentifiers {
    const identifiers: Identifier[] = [];
    const places: number[] = [];
    for (const identifier of found) {
      if (identifiers.some((known) => isSame(known, identifier))) continue;
      const place = this.#ranks.get(identifier.kind) ?? 0;
      let at = places.length;
      while (at > 0 && places[at - 1]! > place) at--;
      places.splice(at, 0, place);
      identifiers.splice(at, 0, identifier);
    }
    if (isTrusted) return { identifiers, claims: undefined };
    const claims = identifiers.flatMap(({ kind }, at) => (CLAIMED_KINDS.has(kind) ? [at] : []));
    return { identifiers, claims: claims.length === 0 ? undefined : claims };
  }
}

function isSame(a: Identifier, b: Identifier): boolean {
  return a.value === b.value && codeOf(a) === codeOf(b);
}

/** What Segment calls the kinds that are Segue's as well. Push tokens and advertising ids are not: they outlive their owner. */
const SEGUE_TYPES: readonly (readonly [type: string, kind: string])[] = [
  ['userId', 'userId'],
  ['user_id', 'userId'],
  ['anonymousId', 'anonymousId'],
  ['anonymous_id', 'anonymousId'],
  ['email', 'email'],
  ['phone', 'phone'],
  ['loyaltyId', 'loyaltyId'],
  ['loyalty_id', 'loyaltyId'],
  ['device', 'device'],
  ['android.id', 'device'],
  ['ios.id', 'device'],
  ['channel', 'channel'],
];

/** The name as it is, in camelCase and in snake_case: Segment's libraries write either. */
export function spellingsOf(kind: string): string[] {
  const words = kind
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');
  const parts = words.filter((word) => word !== '');
  const camel = parts.map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('');
  return [...new Set([kind, camel, parts.join('_')])];
}

/** By which two names are the same kind, however they are written. */
export function plainKind(kind: string): string {
  return kind.replaceAll('_', '').toLowerCase();
}

/** Names nobody may give a kind of his own: they mean one of Segue's, or a field that is none. */
export const RESERVED_KINDS: ReadonlySet<string> = new Set(SEGUE_TYPES.map(([type]) => plainKind(type)));
