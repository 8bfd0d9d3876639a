import type { Transaction } from '../../../../platform/postgres/index.ts';
import { readAvailability } from '../../../inventory/index.ts';
import { openPages } from '../run-store.ts';
import { decideLow } from './decide-low.ts';
import type { ReadNews } from './read-news.ts';
import { findLow, saveLow } from './reader-store.ts';

/** Remembers what there is little of, and begins to tell of what has just become so. */
export async function noteLow(
  sql: Transaction,
  workspaceId: number,
  { read, lowStock, now }: { read: ReadNews; lowStock: number; now: Date },
): Promise<void> {
  const ofBundles = read.bundles.map(({ variantId }) => variantId);
  const variantIds = [...new Set([...read.totals.map(({ variantId }) => variantId), ...ofBundles])];
  const before = await findLow(sql, workspaceId, variantIds);
  const stock =
    ofBundles.length === 0 ? undefined : await readAvailability(sql, workspaceId, { variantIds: ofBundles });
  const made = read.bundles.map(({ variantId, edge }) => {
    // What there was of it before nobody told: that it was not little is what is known.
    const there = stock?.get(variantId)?.available ?? 0;
    return { variantId, before: Infinity, after: there, seq: edge };
  });
  const low = new Set(before);
  const edges: { variantId: string; edge: number }[] = [];
  for (const { variantId, seq, ...counts } of [...read.totals, ...made]) {
    const { isLow, isEdge } = decideLow({ isLow: low.has(variantId), ...counts }, lowStock);
    if (isLow) low.add(variantId);
    else low.delete(variantId);
    if (isEdge) edges.push({ variantId, edge: seq });
  }
  await saveLow(sql, workspaceId, {
    low: [...low].filter((id) => !before.has(id)),
    plenty: [...before].filter((id) => !low.has(id)),
    at: now,
  });
  await openPages(sql, workspaceId, { type: 'low_stock', openings: edges, now });
}
