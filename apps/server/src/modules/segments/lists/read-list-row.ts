import { isJsonObject, type Json } from '../../../platform/json.ts';
import type { Identifier, IdentifierReader } from '../../profiles/index.ts';

export interface RowFault {
  /** From 1. */
  readonly row: number;
  readonly field: string;
  readonly message: string;
}

export type ReadListRow =
  | { readonly kind: 'row'; readonly identifier: Identifier }
  | { readonly kind: 'wrong'; readonly faults: readonly Omit<RowFault, 'row'>[] };

/** Understands one row of a list: `identifier` as `kind:value`; a bare mail address is one too. Pure. */
export function readListRow(raw: unknown, reader: IdentifierReader): ReadListRow {
  const text = isJsonObject(raw as Json) ? (raw as { identifier?: unknown }).identifier : undefined;
  if (typeof text !== 'string' || text.trim() === '') return wrong('is missing; write it like "email:ada@example.com"');
  const [, type, value] = /^\s*([A-Za-z][\w.]*):(.+)$/s.exec(text) ?? [];
  const kind = type === undefined ? undefined : (reader.kindOfType(type) ?? reader.kindOfType(type.toLowerCase()));
  const identifier = kind === undefined ? reader.read('email', text) : reader.read(kind, value);
  if (identifier !== undefined) return { kind: 'row', identifier };
  const kinds = reader.rules.kinds.map((rule) => rule.kind).join(', ');
  return wrong(`names nobody; write kind:value, with a kind of ${kinds}`);
}

function wrong(message: string): ReadListRow {
  return { kind: 'wrong', faults: [{ field: 'identifier', message }] };
}
