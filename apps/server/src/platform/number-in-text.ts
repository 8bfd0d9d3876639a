/**
 * A number written in text: plain decimals, no exponent, no separators, no spaces. The length bound keeps both engines
 * clear of overflow and underflow, where their parsers differ. The same pattern is sent to ClickHouse (RE2).
 */
export const NUMBER_IN_TEXT = '^[+-]?([0-9]{1,30}(\\.[0-9]{1,30})?|\\.[0-9]{1,30})$';
const numberInText = new RegExp(NUMBER_IN_TEXT);

/** The number a text is; undefined when it is none. */
export function readNumber(text: string): number | undefined {
  return numberInText.test(text) ? Number(text) : undefined;
}
