/** A consent string that says something its specification does not allow. Expected: whoever stores it records the words. */
export class Malformed extends Error {}

/** Longer than any string a consent platform writes: all vendors of the list, consented and disclosed, take about 1,000. */
export const CONSENT_STRING_LENGTH_MAX = 8_192;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (letter, value) => [letter, value]));

/** Inclusive ranges of ids, ascending: a hundred vendors in a row are one entry. */
export type IdRanges = (readonly [first: number, last: number])[];

/** Reads the bits of web-safe base64, most significant first, as the IAB's strings are written; never past their end. */
export class BitReader {
  readonly #values: readonly number[];
  #at = 0;

  /** Throws `Malformed` for anything but the 64 letters (RFC 4648 §5). */
  constructor(text: string) {
    this.#values = Array.from(text.replace(/=+$/, ''), (letter) => {
      const value = VALUES.get(letter);
      if (value === undefined) throw new Malformed(`holds "${letter}", which is no letter of web-safe base64`);
      return value;
    });
  }

  get left(): number {
    return this.#values.length * 6 - this.#at;
  }

  bit(): boolean {
    const value = this.#values[Math.floor(this.#at / 6)];
    if (value === undefined) throw new Malformed('ends too early');
    return ((value >> (5 - (this.#at++ % 6))) & 1) === 1;
  }

  /** An unsigned number; up to 36 bits are exact. */
  int(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) value = value * 2 + (this.bit() ? 1 : 0);
    return value;
  }

  ints(count: number, bits: number): number[] {
    return Array.from({ length: count }, () => this.int(bits));
  }

  /** Two letters of six bits, A being 0. */
  letters(): string {
    return this.ints(2, 6)
      .map((value) => {
        if (value > 25) throw new Malformed('names a language or country with something that is no letter');
        return String.fromCharCode(65 + value);
      })
      .join('');
  }

  /** Tenths of a second since the epoch, as ISO 8601. */
  instant(): string {
    return new Date(this.int(36) * 100).toISOString();
  }

  /** The numbers of the bits that are set, from 1. */
  flags(count: number): number[] {
    return Array.from({ length: count }, () => this.bit()).flatMap((isSet, index) => (isSet ? [index + 1] : []));
  }

  /** A bit field as ranges. */
  flagRanges(count: number): IdRanges {
    const ranges: IdRanges = [];
    let first: number | undefined;
    for (let id = 1; id <= count; id++) {
      const isSet = this.bit();
      if (isSet) first ??= id;
      else if (first !== undefined) {
        ranges.push([first, id - 1]);
        first = undefined;
      }
    }
    if (first !== undefined) ranges.push([first, count]);
    return ranges;
  }

  /** A number in Fibonacci coding, which ends with its first two ones in a row. */
  fibonacci(): number {
    let value = 0;
    let before = false;
    for (let [weight, next] = [1, 2]; weight < 100_000; [weight, next] = [next, weight + next]) {
      const isSet = this.bit();
      if (isSet && before) return value;
      if (isSet) value += weight;
      before = isSet;
    }
    throw new Malformed('holds a number without an end');
  }
}
