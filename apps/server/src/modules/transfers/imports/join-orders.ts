import type { RowValues } from './map-row.ts';
import type { RawRecord } from './split-records.ts';

/** Rows that become one event: of an order one for each of its lines, else one alone. */
export interface Draft {
  readonly records: readonly RawRecord[];
  readonly values: readonly RowValues[];
  readonly fault: { readonly column: string; readonly message: string } | undefined;
  /** Undefined: no order, or a row that cannot be read. */
  readonly orderId: string | undefined;
}

/**
 * Rows that stand together and name the same order are one, at the place of the first of them. A row that cannot be read, or
 * names no order, is left out alone, and parts no order. Pure.
 */
export function joinOrders(drafts: readonly Draft[]): Draft[] {
  const joined: Draft[] = [];
  let last: { orderId: string; records: RawRecord[]; values: RowValues[] } | undefined;
  for (const draft of drafts) {
    const { orderId } = draft;
    if (orderId !== undefined && last?.orderId === orderId) {
      last.records.push(...draft.records);
      last.values.push(...draft.values);
      continue;
    }
    if (orderId !== undefined) {
      last = { orderId, records: [...draft.records], values: [...draft.values] };
      joined.push({ ...draft, records: last.records, values: last.values });
    } else joined.push(draft);
  }
  return joined;
}

/** All but the last order, of which more rows may follow; an order that is all there is stays. Pure. */
export function withoutLastOrder(drafts: readonly Draft[]): readonly Draft[] {
  const last = drafts.findLast(({ orderId }) => orderId !== undefined)?.orderId;
  let first = drafts.length;
  for (let at = drafts.length - 1; at >= 0; at--) {
    const { orderId } = drafts[at]!;
    if (orderId !== undefined && orderId !== last) break;
    if (orderId !== undefined) first = at;
  }
  return first === 0 ? drafts : drafts.slice(0, first);
}
