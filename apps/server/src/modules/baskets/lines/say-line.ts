import type { BasketKind } from '@segue/contract';
import { isLater, type Line, type LinePrice, QUANTITY_MAX, saidLater, type Thing } from './line.ts';

/** What somebody says of a line: how many lie there from now on. */
export interface Word extends Thing {
  readonly key: string;
  readonly quantity: number;
  /** Undefined: as before. */
  readonly note: string | null | undefined;
  /** Of one piece, now. */
  readonly price: LinePrice | null;
  /** Undefined: it is said on arrival, by who has seen all that was said before. */
  readonly saidAtMs: number | undefined;
  readonly saidBy: string;
}

/** The line as it is after the word; undefined: it says nothing that is not known, or known better. Pure. */
export function sayLine(before: Line | undefined, word: Word, nowMs: number): Line | undefined {
  const isLive = before !== undefined && before.quantity > 0;
  const goesOn = isLive && word.quantity > 0;
  const note = word.note === undefined ? (goesOn ? before.note : null) : word.note;
  const isSame = (before?.quantity ?? 0) === word.quantity && (word.quantity === 0 || before?.note === note);
  if (word.saidAtMs === undefined && isSame) return undefined;
  // A clock that is ahead would win for ever.
  const saidAtMs =
    word.saidAtMs === undefined ? Math.max(nowMs, (before?.saidAtMs ?? 0) + 1) : Math.min(word.saidAtMs, nowMs);
  if (isSame && saidAtMs === before?.saidAtMs && word.saidBy === before.saidBy) return undefined;
  const { key, quantity, saidBy, variantId, productRef, variantRef, sku, name } = word;
  const line: Line = {
    ...{ key, quantity, note, saidAtMs, saidBy, variantId, productRef, variantRef, sku, name },
    price: goesOn ? before.price : word.price,
    addedAtMs: goesOn ? before.addedAtMs : saidAtMs,
  };
  return before === undefined || isLater(line, before) ? line : undefined;
}

/**
 * A word about a basket that was merged meanwhile, by who did not know of it: in the basket it became part of the line changes by
 * as much as it did in the merged one. So it does not matter whether the word or the merge comes first. Undefined: nothing
 * changes. Pure.
 */
export function carryOver(
  kind: BasketKind,
  current: Line | undefined,
  { before, after }: { before: Line | undefined; after: Line },
): Line | undefined {
  const change = after.quantity - (before?.quantity ?? 0);
  if (change === 0) return undefined;
  if (current === undefined) return change > 0 ? after : undefined;
  // What both wished for stays when one of them is crossed out.
  if (kind !== 'cart' && change < 0) return undefined;
  const sum = kind === 'cart' ? current.quantity + change : Math.max(current.quantity, after.quantity);
  const quantity = Math.min(Math.max(0, sum), QUANTITY_MAX);
  if (quantity === current.quantity) return undefined;
  const added = current.quantity > 0 ? current : after;
  const { price, addedAtMs } = added;
  return { ...current, quantity, price, addedAtMs, ...saidLater(current, after.saidAtMs) };
}
