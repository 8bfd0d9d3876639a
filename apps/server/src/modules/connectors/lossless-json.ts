import type { Json } from '../../platform/json.ts';

/** A text, or a number outside of any text. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
const WHOLE = /^-?\d+$/;
/** Every whole number of so many characters, sign included, is exact as a number. */
const EXACT_CHARS_MAX = 15;

/**
 * As `JSON.parse`, with whole numbers that no double holds kept as text: Shopify's ids pass 2^53, and the neighbour of an id
 * is another customer's. Throws what `JSON.parse` throws. Pure.
 *
 * @example parseLossless('{"id":820982911946154508}') // { id: '820982911946154508' }
 */
export function parseLossless(text: string): Json {
  return JSON.parse(text.replace(TEXT_OR_NUMBER, quoteUnsafe)) as Json;
}

function quoteUnsafe(token: string): string {
  if (token.length <= EXACT_CHARS_MAX || token.startsWith('"') || !WHOLE.test(token)) return token;
  return Number.isSafeInteger(Number(token)) ? token : `"${token}"`;
}
