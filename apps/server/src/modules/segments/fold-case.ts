/** ASCII alone, where no context or locale can matter. */
const ASCII = /^\p{ASCII}*$/u;

/**
 * A text without regard to case: each code point by its own lower-case letter where that is one code point, else itself. No
 * locale, no context (final sigma) and no letter that becomes two, so that a text keeps its number of code points.
 */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = '';
  for (const point of text) {
    const lower = point.toLowerCase();
    folded += Array.from(lower).length === 1 ? lower : point;
  }
  return folded;
}
