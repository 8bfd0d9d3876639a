/** Drawn characters: none that are mistaken for another (0 O, 1 I L, U V). */
export const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const PRIME = 37;

/**
 * A code as it is compared: capital letters and digits, nothing between them. Full-width and other compatible forms are the
 * same code. Pure.
 *
 * @example normaliseCode(' spring-7k2m-x9qa ') // "SPRING7K2MX9QA"
 */
export function normaliseCode(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/**
 * Whether the last character agrees with the others: the sum of place times value is 0 modulo 37. As 37 is prime and no code
 * is that long, every mistyped character and every two that changed places are found. Pure.
 */
export function hasRightCheck(normalised: string): boolean {
  return /^[0-9A-Z]{2,36}$/.test(normalised) && weightedSum(normalised) === 0;
}

/** The character that makes a code right; undefined where none of the alphabet does. Pure. */
export function checkCharacter(body: string): string | undefined {
  const sum = weightedSum(body);
  const place = body.length + 1;
  return Array.from(ALPHABET).find((character) => (sum + place * valueOf(character)) % PRIME === 0);
}

function weightedSum(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum += (at + 1) * valueOf(text[at]!);
  return sum % PRIME;
}

/** 0 to 9, then A to Z. */
function valueOf(character: string): number {
  return Number.parseInt(character, 36);
}
