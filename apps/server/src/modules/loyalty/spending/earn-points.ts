import type { api, BodyOf } from '@segue/contract';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import { openBook, writeBook } from '../ledger/open-book.ts';
import { requireProgram } from '../programs/change-programs.ts';
import { lotDatesOf } from '../programs/lot-dates.ts';
import { currentTerms, programsOf } from '../programs/program.ts';
import { txOf } from '../points-tx.ts';
import { holdHolders } from './holder.ts';
import { type Done, doneOf, onceByReference } from './once-by-reference.ts';

/** Gives a customer points, once a reference. */
export async function earnPoints(ctx: TxCtx, body: BodyOf<typeof api.earnPoints>): Promise<Done> {
  const { points, reference, isAvailable = false } = body;
  const program = await requireProgram(ctx, body.program);
  const [holder] = await holdHolders(ctx, [{ wish: body }]);
  const { profileId, node } = holder!;
  const asked = { points, isAvailable };
  return onceByReference(ctx, { kind: 'earn', program, reference, profileId, asked }, async () => {
    const programs = programsOf([program]);
    const tx = txOf(ctx);
    const owner = { programId: program.id, profileId, node };
    const sourceRef = `api:${reference}`;
    const sources = [{ programId: program.id, sourceRef }];
    const book = await openBook(tx, programs, { owners: [owner], sources, isSpending: false });
    const account = book.accountOf(program.id, node)!;
    const { time_zone: timeZone } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
    const dates = lotDatesOf(currentTerms(program), { atMs: tx.now, timeZone });
    const at = isAvailable ? { ...dates, availableAtMs: tx.now } : dates;
    book.earn(account.id, { sourceRef, points, dates: at, ref: reference, key: `earn/${program.id}/${reference}` });
    await writeBook(tx, programs, book);
    return { accountId: account.id, done: doneOf(book, account.id, { program, reference, points }) };
  });
}
