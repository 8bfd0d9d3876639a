/** What broken integrations send in place of an identifier; a profile keyed by one would swallow many customers. */
const JUNK: ReadonlySet<string> = new Set([
  '-1',
  '#n/a',
  'anonymous',
  'anonymousid',
  'anonymous_id',
  'distinct_id',
  'distinctid',
  'email',
  'empty',
  'false',
  'guest',
  'id',
  'infinity',
  '-infinity',
  'n/a',
  'na',
  'nan',
  'nil',
  'none',
  'not set',
  'not_authenticated',
  'not_set',
  'null',
  'object object',
  'true',
  'undefined',
  'unknown',
  'user_id',
  'userid',
  'void',
]);
/** No junk word is longer, its wrapping included. */
const WRAPPED_JUNK_LENGTH_MAX = 42;
/** Zeros and dashes: also the UUID of nothing. */
const NOTHING = /^[0-]*$/;
const HAS_SUBSTANCE = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;
const WRAPPINGS = /^[\s"'`([{<]+|[\s"'`)\]}>]+$/g;

/** Whether a text stands for nobody: a word of programs for nothing, bare or wrapped (`"null"`, `[object Object]`), or blank. */
export function isJunk(text: string): boolean {
  if (text.length > WRAPPED_JUNK_LENGTH_MAX) return NOTHING.test(text) || !HAS_SUBSTANCE.test(text);
  const bare = text.replace(WRAPPINGS, '');
  return NOTHING.test(bare) || JUNK.has(bare.toLowerCase()) || !HAS_SUBSTANCE.test(bare);
}
