import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawCode, patternFault } from './code-pattern.ts';
import { ALPHABET, hasRightCheck, normaliseCode } from './code-text.ts';

describe('a code', () => {
  it('is the same however it is typed', () => {
    for (const typed of ['SPRING-7K2M', ' spring 7k2m', 'ｓｐｒｉｎｇ７ｋ２ｍ', 'Spring_7K.2M']) {
      expect(normaliseCode(typed)).toBe('SPRING7K2M');
    }
  });

  it('is drawn without characters that are taken for others, and its last one checks the rest', () => {
    for (const character of '01OILU') expect(ALPHABET).not.toContain(character);
    for (let time = 0; time < 200; time++) {
      const code = drawCode('T-####-####');
      expect(code).toMatch(/^T-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/);
      expect(hasRightCheck(normaliseCode(code))).toBe(true);
    }
  });

  it('with one character mistyped, or two that changed places, is found out every time', () => {
    const code = fc.constant('WIN-########').map((pattern) => normaliseCode(drawCode(pattern)));
    fc.assert(
      fc.property(code, fc.nat(10), fc.nat(10), fc.constantFrom(...ALPHABET), (text, at, to, other) => {
        const one = text.slice(0, at) + other + text.slice(at + 1);
        expect(hasRightCheck(one)).toBe(one === text);
        const characters = [...text];
        [characters[at], characters[to]] = [characters[to]!, characters[at]!];
        const swapped = characters.join('');
        expect(hasRightCheck(swapped)).toBe(swapped === text);
      }),
      { numRuns: 500 },
    );
  });

  it('cannot be drawn by a pattern that would be guessed, is too long or has nothing to check', () => {
    expect(patternFault('SPRING-########', 1_000)).toBeUndefined();
    expect(patternFault('SPRING-####', 1_000)).toContain('use at least 6 #');
    expect(patternFault('#####-A', 1)).toContain('end it with #');
    expect(patternFault('#'.repeat(37), 1)).toContain('at most 36');
  });
});
