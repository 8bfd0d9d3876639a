import { randomInt } from 'node:crypto';
import { ALPHABET, checkCharacter, normaliseCode } from './code-text.ts';

/** So many times more codes than are drawn must be possible, or guessing pays. */
const GUESS_FACTOR = 10_000;
/** The place of a character has to be smaller than the prime of the check. */
const LENGTH_MAX = 36;

/** Why no codes can be drawn by a pattern; undefined: they can. Pure. */
export function patternFault(pattern: string, count: number): string | undefined {
  if (!pattern.endsWith('#')) return 'end it with #: the last character checks the others';
  if (normaliseCode(pattern.replaceAll('#', 'X')).length > LENGTH_MAX) return `use at most ${LENGTH_MAX} characters`;
  const drawn = pattern.split('#').length - 1;
  const possible = ALPHABET.length ** (drawn - 1);
  if (possible >= count * GUESS_FACTOR) return undefined;
  const needed = Math.ceil(Math.log(count * GUESS_FACTOR) / Math.log(ALPHABET.length)) + 1;
  return `has ${drawn} drawn characters; use at least ${needed} # for ${count} codes, or they can be guessed`;
}

/** Draws one code by a pattern, from the system's secure random numbers; its last character checks the others. */
export function drawCode(pattern: string): string {
  for (;;) {
    const body = pattern.slice(0, -1).replaceAll('#', () => ALPHABET[randomInt(ALPHABET.length)]!);
    const check = checkCharacter(normaliseCode(body));
    // Seven of 37 remainders have no character of the alphabet: draw again.
    if (check !== undefined) return body + check;
  }
}
