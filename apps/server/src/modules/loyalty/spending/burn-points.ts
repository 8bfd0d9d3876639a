import type { api, BodyOf } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { requireProgram } from '../programs/change-programs.ts';
import { currentTerms, type PointsTerms } from '../programs/program.ts';
import { txOf } from '../points-tx.ts';
import { holdHolders } from './holder.ts';
import { type Done, doneOf, onceByReference, tooFew } from './once-by-reference.ts';
import { spend } from './spend.ts';
import { refusalOf, worthOf } from './worth.ts';

type Body = BodyOf<typeof api.burnPoints>;

/** Spends points of a customer, once a reference. */
export async function burnPoints(ctx: TxCtx, body: Body): Promise<Done> {
  const { points, reference, order } = body;
  const program = await requireProgram(ctx, body.program);
  const { burn } = currentTerms(program);
  const refusal = refusalOf(burn, points);
  if (refusal !== undefined) throw refused('points', refusal);
  const worth = requireWorth(burn, body);
  const [holder] = await holdHolders(ctx, [{ wish: body }]);
  const { profileId } = holder!;
  const asked = { points, currency: body.currency ?? null, order: order ?? null };
  return onceByReference(ctx, { kind: 'burn', program, reference, profileId, asked }, async () => {
    const { spent, book } = await spend(txOf(ctx), [{ program, holder: holder!, points, reference, order, worth }]);
    const [outcome] = spent;
    if (outcome?.kind !== 'spent') throw tooFew(outcome?.available ?? 0);
    const { accountId } = outcome;
    return { accountId, done: doneOf(book, accountId, { program, reference, points, amount: worth ?? null }) };
  });
}

function requireWorth(burn: PointsTerms['burn'], { points, currency, atMostMinor }: Body) {
  if (currency === undefined) return undefined;
  const amountMinor = worthOf(burn, points, currency);
  if (amountMinor === undefined)
    throw refused('currency', 'is none that points pay in; leave it out, or change the terms');
  if (atMostMinor !== undefined && amountMinor > atMostMinor) {
    throw refused('points', `are worth ${amountMinor}, more than ${atMostMinor}; ask for a quote`);
  }
  return { amountMinor, currency };
}

function refused(field: string, message: string): AppError {
  return new AppError('conflict', 'The points cannot be spent so', { details: [{ field, message }] });
}
