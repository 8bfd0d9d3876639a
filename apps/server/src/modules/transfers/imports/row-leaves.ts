import { isJsonObject, type Json } from '../../../platform/json.ts';
import type { IdentifierReader } from '../../profiles/index.ts';
import { openGuard } from '../formula-guard.ts';
import type { RowPlan } from './map-row.ts';
import { suggestColumn } from './suggest-mapping.ts';

/** One text of a row: a cell, or a value or name inside of JSON. */
export interface Leaf {
  readonly text: string;
  /** Of the identifier that its column or field holds; undefined: of none, or nobody knows. */
  readonly kind?: string | undefined;
}

/** Every text of a row of cells, those in JSON inside of a cell included. Pure. */
export function leavesOfCells(cells: readonly string[], plan: RowPlan | undefined, reader: IdentifierReader): Leaf[] {
  return cells.flatMap((cell, index) => {
    const text = openGuard(cell.trim());
    const to = plan?.fields[index]?.to;
    const kind = to === undefined ? undefined : kindOf(to, reader);
    return [...withKindInside({ text, kind }, reader), ...(leavesOfJson(text, { plan: undefined, reader }) ?? [])];
  });
}

/** Every text of a JSON object or list, names of fields included; undefined: it is none. Pure. */
export function leavesOfJson(
  text: string,
  { plan, reader }: { plan: RowPlan | undefined; reader: IdentifierReader },
): Leaf[] | undefined {
  const said = parse(text);
  if (said === undefined) return undefined;
  const targets = new Map(plan?.fields.map(({ column, to }) => [column, to]));
  const leaves: Leaf[] = [];
  // Of any depth, so no recursion. Targets are those of the outermost fields.
  const open: { value: Json; name: string | undefined; path: string }[] = [{ value: said, name: undefined, path: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, name, path } = next;
    if (Array.isArray(value)) for (const inner of value) open.push({ value: inner, name, path });
    else if (isJsonObject(value)) {
      for (const [field, inner] of Object.entries(value)) {
        leaves.push({ text: field });
        open.push({ value: inner, name: field, path: path === '' ? field : `${path}.${field}` });
      }
    } else if (value !== null && typeof value !== 'boolean') {
      const to = targets.get(path) ?? (plan?.takesOthers === true && path === name ? suggested(plan, path) : undefined);
      const kind = (to === undefined ? undefined : kindOf(to, reader)) ?? reader.kindOfType(name ?? '');
      leaves.push(...withKindInside({ text: String(value).trim(), kind }, reader));
    }
  }
  return leaves;
}

function suggested(plan: RowPlan, column: string): string {
  return suggestColumn(plan.kind, column).to;
}

/** By its last name: `traits.loyaltyId`. */
function kindOf(to: string, reader: IdentifierReader): string | undefined {
  return reader.kindOfType(to.split('.').at(-1)!);
}

/** Lists of consents name the kind in the cell: `userId:7`. */
function withKindInside(leaf: Leaf, reader: IdentifierReader): Leaf[] {
  const [, type, value] = /^([A-Za-z][\w.]*):(.+)$/s.exec(leaf.text) ?? [];
  if (type === undefined) return [leaf];
  const kind = reader.kindOfType(type) ?? reader.kindOfType(type.toLowerCase());
  return kind === undefined ? [leaf] : [leaf, { text: value!, kind }];
}

function parse(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
