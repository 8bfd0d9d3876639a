import type { api, BodyOf } from '@segue/contract';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import { openBook, writeBook } from '../ledger/open-book.ts';
import { requireProgram } from '../programs/change-programs.ts';
import { lotDatesOf } from '../programs/lot-dates.ts';
import { currentTerms, programsOf } from '../programs/program.ts';
import { txOf } from '../points-tx.ts';
import { holdHolders } from './holder.ts';
import { type Done, doneOf, onceByReference, tooFew } from './once-by-reference.ts';

/** Corrects a balance by hand, once a reference. */
export async function adjustPoints(ctx: TxCtx, body: BodyOf<typeof api.adjustPoints>): Promise<Done> {
  const { points, reference, reason: note } = body;
  const program = await requireProgram(ctx, body.program);
  const [holder] = await holdHolders(ctx, [{ wish: body }]);
  const { profileId, node } = holder!;
  return onceByReference(ctx, { kind: 'adjust', program, reference, profileId, asked: { points }, note }, async () => {
    const programs = programsOf([program]);
    const tx = txOf(ctx);
    const owner = { programId: program.id, profileId, node };
    const book = await openBook(tx, programs, { owners: [owner], isSpending: true });
    const { id } = book.accountOf(program.id, node)!;
    const happening = { ref: reference, key: `adjust/${program.id}/${reference}`, kind: 'adjust' } as const;
    if (points < 0) {
      const removed = book.remove(id, -points, happening);
      if (removed.kind === 'short') throw tooFew(removed.available);
    } else {
      const { time_zone: timeZone } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
      const { expiresAtMs } = lotDatesOf(currentTerms(program), { atMs: tx.now, timeZone });
      const dates = { availableAtMs: tx.now, expiresAtMs };
      book.earn(id, { sourceRef: `adjust:${reference}`, points, dates, ...happening });
    }
    await writeBook(tx, programs, book);
    return { accountId: id, done: doneOf(book, id, { program, reference, points }) };
  });
}
