import type { api, BodyOf } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import { openBook, writeBook } from '../ledger/open-book.ts';
import { requireProgram } from '../programs/change-programs.ts';
import { programsOf } from '../programs/program.ts';
import { txOf } from '../points-tx.ts';
import { type Burn, lockBurn, writeRestored } from './burn-store.ts';
import { giveBack, readSpent } from './give-back.ts';
import { type Done, doneOf, onceByReference } from './once-by-reference.ts';

/** Gives spent points back, once a reference and never more than were spent. */
export async function refundPoints(ctx: TxCtx, body: BodyOf<typeof api.refundPoints>): Promise<Done> {
  const { reference } = body;
  const program = await requireProgram(ctx, body.program);
  const asked = { burn: body.burn, points: body.points ?? null };
  return onceByReference(ctx, { kind: 'refund', program, reference, asked }, async () => {
    const { sql, workspaceId } = ctx;
    const burn = await lockBurn(sql, workspaceId, { programId: program.id, reference: body.burn });
    if (burn === undefined) throw refused('not_found', 'burn', 'names nothing that was spent');
    const points = requireOpen(burn, body.points);
    const tx = txOf(ctx);
    const programs = programsOf([program]);
    const spent = await readSpent(tx, [burn]);
    const lotIds = spent.map(({ lotId }) => lotId);
    const book = await openBook(tx, programs, { accountIds: [burn.accountId], lotIds, isSpending: true });
    const { time_zone: timeZone } = await getWorkspaceRow(sql, workspaceId);
    giveBack(book, { burn, program, points, spent, timeZone });
    await writeRestored(sql, workspaceId, [{ ...burn, restored: burn.restored + points }]);
    await writeBook(tx, programs, book);
    return { accountId: burn.accountId, done: doneOf(book, burn.accountId, { program, reference, points }) };
  });
}

function requireOpen(burn: Burn, wanted: number | undefined): number {
  const open = burn.points - burn.restored;
  const points = wanted ?? open;
  if (points <= open && points > 0) return points;
  const left = open === 0 ? 'has come back already' : `are more than have not come back yet: ${open}`;
  throw refused('conflict', open === 0 ? 'burn' : 'points', left);
}

function refused(code: 'not_found' | 'conflict', field: string, message: string): AppError {
  return new AppError(code, 'There is nothing to give back', { details: [{ field, message }] });
}
