import { listSpent } from '../ledger/entry-store.ts';
import type { PointsTx } from '../ledger/open-book.ts';
import type { PointsBook } from '../ledger/points-book.ts';
import { lotDatesOf } from '../programs/lot-dates.ts';
import { currentTerms, type Program } from '../programs/program.ts';
import type { Burn } from './burn-store.ts';

export type SpentParts = Awaited<ReturnType<typeof listSpent>>;

/** From which lots these burns took what has not come back yet. */
export function readSpent(tx: PointsTx, burns: readonly Burn[]): Promise<SpentParts> {
  return listSpent(
    tx.sql,
    tx.workspaceId,
    burns.map(({ id }) => id),
  );
}

/** Gives points of a burn back, or takes them once more (below 0), in an open book. */
export function giveBack(
  book: PointsBook,
  wish: { burn: Burn; program: Program; points: number; spent: SpentParts; timeZone: string },
): void {
  const { burn, program, points, timeZone } = wish;
  const happening = { ref: burn.reference, key: `burn/${burn.id}/${burn.changes + 1}`, burnId: burn.id };
  if (points < 0) return book.reburn(burn.accountId, -points, happening);
  const { expiresAtMs } = lotDatesOf(currentTerms(program), { atMs: book.nowMs, timeZone });
  const spent = wish.spent.filter(({ burnId }) => burnId === burn.id);
  const dates = { availableAtMs: book.nowMs, expiresAtMs };
  book.restore(burn.accountId, points, { ...happening, spent, dates });
}
