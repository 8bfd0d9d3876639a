import type { api, BodyOf } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { Allocation } from '../ledger/entry.ts';
import { openBook, writeBook } from '../ledger/open-book.ts';
import type { PointsBook } from '../ledger/points-book.ts';
import { requireProgram } from '../programs/change-programs.ts';
import { currentTerms, programsOf } from '../programs/program.ts';
import { txOf } from '../points-tx.ts';
import { holdHolders } from './holder.ts';
import { type Done, doneOf, onceByReference, tooFew } from './once-by-reference.ts';

/** Gives points of one customer to another, once a reference: what leaves her arrives there, with its expiry. */
export async function transferPoints(ctx: TxCtx, body: BodyOf<typeof api.transferPoints>): Promise<Done> {
  const { points, reference } = body;
  const program = await requireProgram(ctx, body.program);
  if (!currentTerms(program).isTransferable) throw refused('program', 'has points that stay with who earned them');
  const asked = [{ wish: body.from, at: 'from' } as const, { wish: body.to, at: 'to' } as const];
  const [from, to] = (await holdHolders(ctx, asked)) as [Holder, Holder];
  if (from.profileId === to.profileId) throw refused('to', 'is the same customer; name another');
  const { profileId } = from;
  const same = { points, to: to.profileId };
  return onceByReference(ctx, { kind: 'transfer', program, reference, profileId, asked: same }, async () => {
    const programs = programsOf([program]);
    const tx = txOf(ctx);
    const owners = [from, to].map((holder) => ({ programId: program.id, ...holder }));
    const book = await openBook(tx, programs, { owners, isSpending: true });
    const [giver, taker] = [book.accountOf(program.id, from.node)!, book.accountOf(program.id, to.node)!];
    const happening = { ref: reference, key: `transfer/${program.id}/${reference}`, kind: 'transfer' } as const;
    const removed = book.remove(giver.id, points, happening);
    if (removed.kind === 'short') throw tooFew(removed.available);
    for (const [at, [expiresAtMs, quantity]] of [...byExpiry(book, removed.allocations)].entries()) {
      const dates = { availableAtMs: tx.now, expiresAtMs };
      book.earn(taker.id, { sourceRef: `transfer:${reference}/${at}`, points: quantity, dates, ...happening });
    }
    await writeBook(tx, programs, book);
    return { accountId: giver.id, done: doneOf(book, giver.id, { program, reference, points }) };
  });
}

type Holder = Awaited<ReturnType<typeof holdHolders>>[number];

function byExpiry(book: PointsBook, allocations: readonly Allocation[]): Map<number | null, number> {
  const sums = new Map<number | null, number>();
  for (const { lotId, quantity } of allocations) {
    const { expiresAtMs } = book.lot(lotId);
    sums.set(expiresAtMs, (sums.get(expiresAtMs) ?? 0) - quantity);
  }
  return sums;
}

function refused(field: string, message: string): AppError {
  return new AppError('conflict', 'The points cannot be given away so', { details: [{ field, message }] });
}
