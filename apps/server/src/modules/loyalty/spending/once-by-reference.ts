import type { AnswerOf, api } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { shownStanding } from '../ledger/account.ts';
import type { PointsBook } from '../ledger/points-book.ts';
import { currentTerms, type Program } from '../programs/program.ts';
import { answerOperation, claimOperation, findOperation, type OperationKind } from './operation-store.ts';

/** What became of points. */
export type Done = AnswerOf<typeof api.burnPoints>;

interface Operation {
  readonly kind: OperationKind;
  readonly program: Program;
  readonly reference: string;
  /** Whose points; undefined: that follows from what is asked. */
  readonly profileId?: string;
  /** What must be the same when it comes again. */
  readonly asked: JsonObject;
  readonly note?: string;
}

/** Does something once a reference: its row comes first, and whoever says it again is answered the same. */
export async function onceByReference(
  ctx: TxCtx,
  operation: Operation,
  work: () => Promise<{ accountId: string; done: Omit<Done, 'isRepeat'> }>,
): Promise<Done> {
  const { sql, workspaceId } = ctx;
  const { kind, program, reference, asked, note = null } = operation;
  const name = { programId: program.id, kind, reference };
  const at = new Date(ctx.clock.now());
  if (!(await claimOperation(sql, workspaceId, { name, asked, note, at }))) {
    return repeated(await findOperation(sql, workspaceId, name), operation);
  }
  const { accountId, done } = await work();
  await answerOperation(sql, workspaceId, { name, accountId, answer: done });
  return { ...done, isRepeat: false };
}

function repeated(before: Awaited<ReturnType<typeof findOperation>>, { asked, profileId }: Operation): Done {
  const isSame =
    before !== undefined &&
    Object.entries(asked).every(([name, value]) => JSON.stringify(before.asked[name]) === JSON.stringify(value)) &&
    (profileId === undefined || before.profile_id === profileId);
  if (isSame) return { ...(before.answer as unknown as Omit<Done, 'isRepeat'>), isRepeat: true };
  throw new AppError('conflict', 'This reference is taken', {
    details: [{ field: 'reference', message: 'was used for something else; choose another' }],
  });
}

/** As it is told to who asked. */
export function doneOf(
  book: PointsBook,
  accountId: string,
  {
    program,
    reference,
    points,
    amount = null,
  }: Pick<Done, 'reference' | 'points'> & {
    program: Program;
    amount?: Done['amount'];
  },
): Omit<Done, 'isRepeat'> {
  const shown = shownStanding(book.standing(accountId), currentTerms(program).shortfall);
  return { program: program.key, reference, points, amount, ...shown };
}

export function tooFew(available: number): AppError {
  return new AppError('conflict', 'There are not so many points', {
    details: [{ field: 'points', message: `asks for more than there are: ${available}` }],
  });
}
