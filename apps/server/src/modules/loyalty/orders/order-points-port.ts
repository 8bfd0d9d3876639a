import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { OrderPointsPort, PointsBurned } from '../../orders/index.ts';
import { txOf } from '../points-tx.ts';
import { listPrograms } from '../programs/program-store.ts';
import { currentTerms, type Program } from '../programs/program.ts';
import { spend, type Spending } from '../spending/spend.ts';
import { refusalOf, worthOf } from '../spending/worth.ts';

type Wish = Parameters<OrderPointsPort['burn']>[1][number];
type Judged =
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'wanted'; readonly spending: Spending };

/** Points as payment for orders that are placed here: of the oldest active program that pays in the order's currency. */
export function createOrderPoints(): OrderPointsPort {
  return { burn };
}

async function burn(ctx: TxCtx, wishes: readonly Wish[]): Promise<PointsBurned[]> {
  if (wishes.length === 0) return [];
  const programs = await listPrograms(ctx.sql, ctx.workspaceId);
  const judged = wishes.map((wish) => judge(wish, programs));
  const wanted = judged.flatMap((one) => (one.kind === 'wanted' ? [one.spending] : []));
  if (wanted.length === 0) return judged.map((one) => asRefused(one));
  const { spent } = await spend(txOf(ctx), wanted);
  const outcomes = new Map(wanted.map((spending, at) => [spending, spent[at]!]));
  return judged.map((one): PointsBurned => {
    if (one.kind === 'refused') return one;
    const outcome = outcomes.get(one.spending)!;
    if (outcome.kind === 'spent') return { kind: 'burned', amountMinor: one.spending.worth!.amountMinor };
    return { kind: 'refused', message: `asks for more points than there are: ${outcome.available}` };
  });
}

function asRefused(judged: Judged): PointsBurned {
  if (judged.kind === 'refused') return judged;
  throw new Error('points that can be spent were not');
}

function judge({ order, points, atMostMinor }: Wish, programs: readonly Program[]): Judged {
  const refused = (message: string): Judged => ({ kind: 'refused', message });
  const { owner: holder, currency } = order;
  if (holder === undefined) return refused('need a known customer; give "profileId" or "identifier"');
  const program = programs.find((one) => one.state === 'active' && paysIn(one, currency));
  if (program === undefined)
    return refused(`pay nothing in ${currency}: no active points program says what they are worth`);
  const terms = currentTerms(program).burn;
  const refusal = refusalOf(terms, points);
  if (refusal !== undefined) return refused(refusal);
  const amountMinor = worthOf(terms, points, currency)!;
  if (amountMinor > atMostMinor)
    return refused(`are worth ${amountMinor}, more than the ${atMostMinor} to be paid; use fewer`);
  const { orderId, source, sourceOrderId: id } = order;
  const reference = `order:${publicId('ord', orderId)}`;
  const worth = { amountMinor, currency };
  return { kind: 'wanted', spending: { program, holder, points, reference, order: { source, id }, worth } };
}

function paysIn(program: Program, currency: string): boolean {
  return currentTerms(program).burn?.values.some((one) => one.currency === currency) === true;
}
