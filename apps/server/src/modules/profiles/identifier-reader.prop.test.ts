import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileBlockedValues } from './blocked-values.ts';
import { RANKED_KINDS } from './identifier.ts';
import { IdentifierReader } from './identifier-reader.ts';
import { DEFAULT_IDENTITY_RULES } from './identity-rules.ts';

const kind = fc.constantFrom(...RANKED_KINDS);
const country = fc.constantFrom('GB', 'US', 'DE', 'FR', 'IT', 'AR', 'BR', 'RU', 'MX', 'CI', undefined);
const digits = fc.string({ unit: fc.constantFrom(...'0123456789 -()+'), maxLength: 18 });
const raw = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.emailAddress(),
  digits,
  digits.map((text) => `+${text}`),
  fc.double(),
  fc.integer(),
  fc.anything(),
);

const JUNK_WORDS = [
  'null',
  'undefined',
  '0',
  '-1',
  'anonymous',
  '[object Object]',
  'NaN',
  'none',
  'guest',
  'true',
  'false',
];
const ZEROS = ['00000000-0000-0000-0000-000000000000', '000', '', '-', '0-0'];
const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\u00a0', '\u200b', '\ufeff'), maxLength: 6 });
const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\u00a0'), maxLength: 3 });
const wrapped = fc.constantFrom(['', ''], ['"', '"'], ["'", "'"], ['(', ')'], ['<', '>'], ['{', '}'], ['["', '"]']);
const anyCase = fc.func(fc.boolean());
const junk = fc.oneof(
  blank,
  fc.constantFrom(0, -1, -0, Number.NaN, null, undefined, true, false),
  fc
    .tuple(fc.constantFrom(...JUNK_WORDS, ...ZEROS), space, space, wrapped, anyCase)
    .map(([word, before, after, [open, close], isUpper]) => {
      const cased = [...word].map((letter, i) => (isUpper(i) ? letter.toUpperCase() : letter.toLowerCase())).join('');
      return `${before}${open}${cased}${close}${after}`;
    }),
);

describe('reading an identifier', () => {
  it('never takes junk for anybody, whatever its case, wrapping and kind', () => {
    const reader = new IdentifierReader();
    fc.assert(
      fc.property(junk, kind, country, (value, of, from) => {
        expect(reader.read(of, value, from)).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });

  it('of what was read gives the same again, wherever it comes from', () => {
    const reader = new IdentifierReader({ ...DEFAULT_IDENTITY_RULES, country: 'GB' });
    fc.assert(
      fc.property(raw, kind, country, country, (value, of, first, second) => {
        const once = reader.read(of, value, first);
        if (once !== undefined) expect(reader.read(of, once.value, second)).toEqual(once);
      }),
      { numRuns: 5_000 },
    );
  });

  it('never takes a blocked value for anybody', () => {
    const blocked = fc.array(fc.string({ unit: fc.constantFrom('a', 'B', 'c', '*', '@', '.'), maxLength: 8 }), {
      maxLength: 4,
    });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'C', '@', '.'), maxLength: 12 });
    fc.assert(
      fc.property(blocked, text, (patterns, value) => {
        const escaped = (pattern: string) =>
          pattern
            .trim()
            .split('*')
            .map((part) => part.replaceAll('.', '[.]'))
            .join('.*');
        const isBlocked = patterns.some((pattern) => new RegExp(`^${escaped(pattern)}$`, 'is').test(value));
        expect(compileBlockedValues(patterns)(value)).toBe(isBlocked);
      }),
      { numRuns: 3_000 },
    );
  });
});
