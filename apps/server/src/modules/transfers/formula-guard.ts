/**
 * What a spreadsheet would take for a formula, or for such a text already guarded (OWASP, "CSV Injection"): `guardFormula`
 * puts an apostrophe before it, `openGuard` takes exactly that away again.
 */
const FORMULA = /^'*[=+\-@\t\r]/;
const GUARDED = /^'+[=+\-@\t\r]/;

export function guardFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

export function openGuard(text: string): string {
  return GUARDED.test(text) ? text.slice(1) : text;
}
