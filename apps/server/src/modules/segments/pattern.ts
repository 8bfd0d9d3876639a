import { RE2JS } from 're2js';

/**
 * Compiles a pattern in RE2 syntax to a test of whether it is found anywhere in a text; `.` matches a newline too, as in
 * ClickHouse's `match`. Linear in the text, whatever the pattern. Throws where the pattern is refused.
 */
export function compilePattern(pattern: string, ignoresCase: boolean): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern, ignoresCase ? RE2JS.DOTALL | RE2JS.CASE_INSENSITIVE : RE2JS.DOTALL);
  return (text) => compiled.test(text);
}
