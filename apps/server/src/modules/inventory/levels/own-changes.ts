import type { Sql } from '../../../platform/postgres/index.ts';
import { keyOf, type Level, type LevelKey } from './level.ts';
import { readObservations } from './observation-store.ts';
import { insertOwnChanges, type OwnChange } from './own-change-store.ts';

/**
 * What a count that a source said means besides: what it had sold by then is in it, so only the rest is news. `counted`: before
 * the instant of the count, `later`: from then on; what was sold in that very instant is not in it, so that nothing is sold that is
 * gone. Pure.
 */
export function ownUpTo(
  changes: readonly { readonly delta: number; readonly atMs: number }[],
  atMs: number,
): { readonly counted: number; readonly later: number } {
  const sum = (of: typeof changes) => of.reduce((all, one) => all + one.delta, 0);
  return {
    counted: sum(changes.filter((one) => one.atMs < atMs)),
    later: sum(changes.filter((one) => one.atMs >= atMs)),
  };
}

/** A book of locked levels. */
interface Levels {
  get(key: LevelKey): Level;
  move(
    key: LevelKey,
    change: { field: 'on_hand'; delta: number; cause: { reason: string; refType: string; refId: string } },
  ): void;
  allow(key: LevelKey): void;
}

/**
 * Sales of a source that counts: one from before its last count is in that already and is undone; the others are kept for the
 * next. So it does not matter whether a sale or the count is heard first. Under the locks of the book.
 */
export async function settleOwn(
  sql: Sql,
  workspaceId: number,
  { book, changes }: { book: Levels; changes: readonly OwnChange[] },
): Promise<void> {
  const kept: OwnChange[] = [];
  for (const source of new Set(changes.map((one) => one.source))) {
    const own = changes.filter((one) => one.source === source);
    const known = await readObservations(sql, workspaceId, { source, keys: own });
    const isCounted = (change: OwnChange) => change.atMs < (known.get(keyOf(change))?.observedAtMs ?? 0);
    kept.push(...own.filter((change) => !isCounted(change)));
    undo(book, { source, changes: own.filter(isCounted) });
  }
  await insertOwnChanges(sql, workspaceId, kept);
}

/** All of a level at once: goods that were found to be sold come to nothing together. */
function undo(book: Levels, { source, changes }: { source: string; changes: readonly OwnChange[] }): void {
  const sums = new Map<string, { key: LevelKey; delta: number }>();
  for (const { itemId, locationId, delta } of changes) {
    const key = { itemId, locationId };
    sums.set(keyOf(key), { key, delta: (sums.get(keyOf(key))?.delta ?? 0) + delta });
  }
  const cause = { reason: 'counted', refType: 'source', refId: source };
  for (const { key, delta } of sums.values()) {
    const { on_hand: onHand } = book.get(key).counts;
    book.move(key, { field: 'on_hand', delta: Math.max(-delta, -onHand), cause });
    book.allow(key);
  }
}
