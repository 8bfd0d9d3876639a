import type { Json } from '../../../platform/json.ts';
import { readCell } from '../imports/read-cell.ts';

/**
 * A value as a cell says it, so that an import reads the very same from it: a text that would be taken for a number, for
 * JSON or for nothing stands in quotes of its own, except where the column is text by its name. Pure.
 */
export function toCellText(value: Json | undefined, column: string): Json | undefined {
  if (typeof value !== 'string' || !column.includes('.')) return value;
  if (value === '' || value.trim() !== value) return JSON.stringify(value);
  const read = readCell(value, { type: 'auto', name: column.slice(column.lastIndexOf('.') + 1), times: {} });
  return read.kind === 'value' && read.value === value ? value : JSON.stringify(value);
}
