import { newUuid } from '../../../platform/ids/index.ts';
import type { HeldProfile } from '../../profiles/index.ts';
import { openBook, type PointsTx, writeBook } from '../ledger/open-book.ts';
import type { PointsBook } from '../ledger/points-book.ts';
import { type Program, programsOf } from '../programs/program.ts';
import { insertBurns, type NewBurn } from './burn-store.ts';

export interface Spending {
  readonly program: Program;
  readonly holder: HeldProfile;
  readonly points: number;
  readonly reference: string;
  /** Whose changes give them back. */
  readonly order: { readonly source: string; readonly id: string } | undefined;
  readonly worth: { readonly amountMinor: number; readonly currency: string } | undefined;
}

export type Spent =
  | { readonly kind: 'spent'; readonly accountId: string }
  | { readonly kind: 'short'; readonly available: number };

/** Takes points of customers, of each wish all or none and one wish after another, so that they can come back. */
export async function spend(
  tx: PointsTx,
  wishes: readonly Spending[],
): Promise<{ spent: readonly Spent[]; book: PointsBook }> {
  const programs = programsOf([...new Map(wishes.map(({ program }) => [program.id, program])).values()]);
  const owners = wishes.map(({ program, holder }) => ({ programId: program.id, ...holder }));
  const book = await openBook(tx, programs, { owners, isSpending: true });
  const burns: NewBurn[] = [];
  const spent = wishes.map((wish): Spent => {
    const { program, holder, points, reference, order, worth } = wish;
    const { id: accountId } = book.accountOf(program.id, holder.node)!;
    const burnId = newUuid(tx.now);
    const burned = book.burn(accountId, points, { ref: reference, key: `burn/${burnId}`, burnId });
    if (burned.kind === 'short') return burned;
    burns.push({
      ...{ id: burnId, programId: program.id, accountId, reference, points },
      ...{ orderSource: order?.source ?? null, orderRef: order?.id ?? null },
      ...{ amountMinor: worth?.amountMinor ?? null, currency: worth?.currency ?? null },
    });
    return { kind: 'spent', accountId };
  });
  await insertBurns(tx.sql, tx.workspaceId, { burns, at: new Date(tx.now) });
  await writeBook(tx, programs, book);
  return { spent, book };
}
