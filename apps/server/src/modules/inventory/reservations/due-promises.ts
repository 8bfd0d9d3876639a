import type { Sql } from '../../../platform/postgres/index.ts';
import { listIncoming } from '../incoming/incoming-store.ts';
import { listWaiting, readComponents } from './reservation-store.ts';

/** Pieces that were promised to somebody out of what is coming. */
export interface Promised {
  readonly ownerRef: string;
  /** Item and location. */
  readonly place: string;
  readonly quantity: number;
}

/** What is still coming to a place; null: nobody knows when. */
export interface Lot {
  readonly place: string;
  readonly atMs: number | null;
  readonly quantity: number;
}

/**
 * When each owner gets what was promised, as things are: what comes first goes to whoever was promised first (as goods that
 * arrive do), and the last piece decides. Null: nobody knows. `promised` the oldest first, `lots` the soonest first. Pure.
 */
export function dueOf(promised: readonly Promised[], lots: readonly Lot[]): Map<string, number | null> {
  const left = lots.map((lot) => ({ ...lot }));
  const due = new Map<string, number | null>();
  for (const { ownerRef, place, quantity } of promised) {
    let missing = quantity;
    let atMs: number | null = 0;
    for (const lot of left) {
      if (missing === 0) break;
      if (lot.place !== place || lot.quantity === 0) continue;
      const taken = Math.min(missing, lot.quantity);
      lot.quantity -= taken;
      missing -= taken;
      atMs = later(atMs, lot.atMs);
    }
    due.set(ownerRef, later(due.get(ownerRef) ?? (due.has(ownerRef) ? null : 0), missing > 0 ? null : atMs));
  }
  return due;
}

/** Of each owner who pre-ordered one of the variants, when they come, as things are. Three queries. */
export async function duePromises(
  sql: Sql,
  workspaceId: number,
  variantIds: readonly string[],
): Promise<Map<string, number | null>> {
  const made = await readComponents(sql, workspaceId, [...new Set(variantIds)]);
  const itemIds = [...new Set(variantIds.flatMap((id) => made.get(id)?.map((part) => part.itemId) ?? [id]))];
  const waiting = await listWaiting(sql, workspaceId, itemIds);
  if (waiting.length === 0) return new Map();
  const incoming = await listIncoming(sql, workspaceId, itemIds);
  return dueOf(
    waiting.map((row) => ({ ownerRef: row.owner_ref, place: placeOf(row), quantity: row.waiting })),
    incoming.map((row) => ({
      place: placeOf(row),
      atMs: row.due_at?.getTime() ?? null,
      quantity: row.quantity - row.received - row.cancelled,
    })),
  );
}

function placeOf(row: { readonly item_id: string; readonly location_id: string }): string {
  return `${row.item_id} ${row.location_id}`;
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}
