import type { Json } from '../../../platform/json.ts';
import { guardFormula } from '../formula-guard.ts';

/** One line of CSV (RFC 4180). A text that a spreadsheet would run begins with an apostrophe; numbers stay numbers. Pure. */
export function csvLine(values: readonly (Json | undefined)[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = guardFormula(typeof value === 'string' ? value : JSON.stringify(value));
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
