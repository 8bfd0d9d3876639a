import { countryOfPhone, type IdentifierReader } from '../../profiles/index.ts';
import type { Leaf } from './row-leaves.ts';

interface Named {
  readonly kind: string;
  readonly value: string;
}

/** A telephone number as digits: with the code of its country, and as it is written inside of it. */
interface Phone {
  readonly full: string;
  readonly national: string | undefined;
}

/** A shorter value stands in every other text: it counts only where it is all of a cell or field, or a word by itself. */
const LONG_LENGTH_MIN = 6;
/** Fewer digits stand in many numbers. */
const NATIONAL_DIGITS_MIN = 7;
/** However a number is written, its end is the same. */
const ENDING_DIGITS = 6;
const PHONE_LENGTH_MAX = 40;
/** International prefix, code of the country and trunk zero before the number itself. */
const BEFORE_DIGITS_MAX = 7;

/** Finds one customer in rows of files by what she is known by, however it is written there. Pure. */
export class NameFinder {
  readonly #reader: IdentifierReader;
  readonly #keys: ReadonlySet<string>;
  readonly #values: readonly string[];
  readonly #long: readonly string[];
  /** On texts in lower case: a long value that is not a part of a longer one. */
  readonly #whole: RegExp | undefined;
  /** A short value as a word by itself. */
  readonly #words: RegExp | undefined;
  readonly #phones: readonly Phone[];
  readonly #endings: readonly string[];
  readonly #hasNumber: boolean;

  constructor(identifiers: readonly Named[], reader: IdentifierReader) {
    this.#reader = reader;
    this.#keys = new Set(identifiers.map(keyOf));
    this.#values = [...new Set(identifiers.map(({ value }) => value.toLowerCase()))];
    this.#long = this.#values.filter((value) => value.length >= LONG_LENGTH_MIN);
    const short = this.#values.filter((value) => value.length < LONG_LENGTH_MIN);
    this.#whole = anyOf(this.#long.map((value) => (value.includes('@') ? asAddress(value) : asWord(value))));
    this.#words = anyOf(short.map(asWord));
    this.#phones = identifiers.flatMap(({ kind, value }) => (kind === 'phone' ? [toPhone(value, reader)] : []));
    this.#endings = this.#phones.map(({ full }) => full.slice(-ENDING_DIGITS));
    this.#hasNumber = this.#values.some((value) => /^\d+$/.test(value));
  }

  /** Whether one of these, as an import reads them, is hers. */
  isHers(identifiers: readonly Named[]): boolean {
    return identifiers.some((identifier) => this.#keys.has(keyOf(identifier)));
  }

  /** A quick look at a row as it stands in a file: false only of rows that no other question here is answered yes for. */
  mayStandIn(raw: string): boolean {
    // 1e3 is the customer 1000.
    if (this.#hasNumber && /\de[+-]?\d/i.test(raw)) return true;
    return spellingsOf(raw).some((text) => {
      const lower = text.toLowerCase();
      if (this.#values.some((value) => lower.includes(value))) return true;
      if (this.#endings.length === 0) return false;
      const digits = digitsOf(text);
      return this.#endings.some((ending) => digits.includes(ending));
    });
  }

  /** Whether a cell or field names her, and nobody whose name is longer. */
  isNamedIn({ text, kind }: Leaf): boolean {
    if (kind !== undefined && this.#isRead(kind, text)) return true;
    return spellingsOf(text).some((spelling) => {
      if (this.#whole?.test(spelling.toLowerCase()) === true) return true;
      return this.#hasPhone(spelling);
    });
  }

  /** The same of a row that cannot be imported as it is: whether the cell or field could be one of her identifiers. */
  mayBeNamedIn(leaf: Leaf, isColumnKnown: boolean): boolean {
    if (this.isNamedIn(leaf)) return true;
    if (!isColumnKnown && this.#values.includes(leaf.text.trim().toLowerCase())) return true;
    const digits = digitsOf(leaf.text);
    if (!/^[\d\s().+/\p{Pd}]+$/u.test(plainDigits(leaf.text))) return false;
    return this.#phones.some(
      ({ national }) =>
        national !== undefined &&
        national.length >= NATIONAL_DIGITS_MIN &&
        digits.endsWith(national) &&
        digits.length - national.length <= BEFORE_DIGITS_MAX,
    );
  }

  /** Whether a row that nobody can part into cells or fields may name her, whatever part of it that is. */
  mayStandUnread(raw: string): boolean {
    return spellingsOf(raw).some((text) => {
      const lower = text.toLowerCase();
      if (this.#long.some((value) => lower.includes(value)) || this.#words?.test(lower) === true) return true;
      const digits = digitsOf(text);
      return this.#phones.some(({ full, national = full }) => {
        const told = national.length < NATIONAL_DIGITS_MIN ? full : national;
        return digits.includes(told);
      });
    });
  }

  #isRead(kind: string, text: string): boolean {
    const identifier = this.#reader.read(kind, text);
    return identifier !== undefined && this.#keys.has(keyOf(identifier));
  }

  /** A number as people write theirs, alone or, with the code of its country, inside a text. */
  #hasPhone(text: string): boolean {
    if (this.#endings.length === 0) return false;
    const digits = digitsOf(text);
    if (!this.#endings.some((ending) => digits.includes(ending))) return false;
    if (text.length <= PHONE_LENGTH_MAX && this.#isRead('phone', text)) return true;
    const joined = plainDigits(text)
      .replaceAll('(0)', '')
      .replaceAll(/(?<=[\d+])[\s().\-/\p{Pd}]+(?=\d)/gu, '');
    return this.#phones.some(({ full }) => new RegExp(`(?:\\+|(?<!\\d)(?:00)?)${full}(?!\\d)`).test(joined));
  }
}

function keyOf({ kind, value }: Named): string {
  return `${kind}\n${value}`;
}

function toPhone(value: string, reader: IdentifierReader): Phone {
  const full = value.replaceAll(/\D/g, '');
  const country = countryOfPhone(value);
  // Codes of countries have up to three digits.
  const national = [1, 2, 3]
    .map((code) => full.slice(code))
    .find((rest) => country !== undefined && reader.read('phone', rest, country)?.value === value);
  return { full, national };
}

function anyOf(patterns: readonly string[]): RegExp | undefined {
  return patterns.length === 0 ? undefined : new RegExp(patterns.join('|'), 'u');
}

function asWord(value: string): string {
  return `(?<![\\p{L}\\p{N}])${escapePattern(value)}(?![\\p{L}\\p{N}])`;
}

/** Not the end of a longer address, nor one of a longer domain. */
function asAddress(value: string): string {
  return `(?<![\\p{L}\\p{N}_%+.\\-])${escapePattern(value)}(?![.\\-]?[\\p{L}\\p{N}])`;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

/** What a text may stand for: itself, and without the escapes of JSON, addresses and quotes, or another encoding's zeros. */
function spellingsOf(text: string): string[] {
  const spellings = [text];
  if (text.includes('\0')) spellings.push(text.replaceAll('\0', ''));
  if (text.includes('""')) spellings.push(text.replaceAll('""', '"'));
  if (text.includes('%')) spellings.push(text.replaceAll(/%([0-7][\da-f])/gi, (_, code: string) => letter(code)));
  // JSON may stand inside a text of JSON.
  for (let [at, depth] = [text, 0]; at.includes('\\') && depth < 2; depth++) {
    at = at.replaceAll(/\\(?:u([\da-f]{4})|(.))/gis, (_, code?: string, plain = '') =>
      code === undefined ? plain.replace(/[bfnrt]/, ' ') : letter(code),
    );
    spellings.push(at);
  }
  return spellings;
}

function letter(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function digitsOf(text: string): string {
  return plainDigits(text).replaceAll(/\D+/g, '');
}

/** Wide and Arabic digits are digits, too. */
function plainDigits(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text;
  return text
    .normalize('NFKC')
    .replaceAll(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
}
