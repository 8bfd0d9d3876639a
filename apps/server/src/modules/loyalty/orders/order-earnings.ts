import { publicId } from '../../../platform/ids/index.ts';
import { readProductFacts } from '../../catalog/index.ts';
import { pointsOfOrder, rateOf } from '../earning/order-points.ts';
import { multiplierOf } from '../earning/product-multiplier.ts';
import type { PointsTx } from '../ledger/open-book.ts';
import type { PointsBook } from '../ledger/points-book.ts';
import { lotDatesOf } from '../programs/lot-dates.ts';
import { type Program, type Programs, termsAt, type TermsVersion } from '../programs/program.ts';
import type { OrderPoints } from './order-points-store.ts';
import type { OwnedOrder } from './owned-order.ts';

/** What an order is to earn in a program, more or less than it has so far. */
export interface OrderEarning {
  readonly order: OwnedOrder;
  readonly program: Program;
  readonly judgedBy: TermsVersion;
  readonly row: OrderPoints | undefined;
  readonly multipliers: Readonly<Record<string, number>>;
  readonly earned: number;
  readonly delta: number;
  readonly deliveredAtMs: number | null;
}

/** What orders earned is one lot each. */
export function sourceRefOf({ id }: { readonly id: string }): string {
  return `order:${publicId('ord', id)}`;
}

type Candidate = Pick<OrderEarning, 'order' | 'program' | 'judgedBy' | 'row'>;

/** Of every order in every program, what changes; those that stay as they are are left out. */
export async function planEarnings(
  tx: PointsTx,
  { orders, programs, known }: { orders: readonly OwnedOrder[]; programs: Programs; known: readonly OrderPoints[] },
): Promise<OrderEarning[]> {
  const candidates = orders.flatMap((order) =>
    programs.all.flatMap((program) => candidateOf(order, { program, known })),
  );
  const facts = await readProductFacts(tx.sql, tx.workspaceId, [...new Set(candidates.flatMap(unweighed))]);
  return candidates.flatMap((candidate): OrderEarning[] => {
    const { order, judgedBy, row } = candidate;
    const wishes = judgedBy.terms.earn?.multipliers ?? [];
    const multipliers = { ...row?.multipliers };
    for (const line of order.lines) {
      const seen = { named: line, known: facts.get(line.variantId ?? '') };
      if (wishes.length > 0) multipliers[line.id] ??= multiplierOf(wishes, seen);
    }
    const earned = pointsOfOrder(order, judgedBy.terms, multipliers);
    const isDelivered = order.fulfilment === 'delivered';
    const deliveredAtMs = row?.deliveredAtMs ?? (isDelivered ? tx.now : null);
    const delta = earned - (row?.earned ?? 0);
    const isSame = row === undefined ? earned === 0 : delta === 0 && deliveredAtMs === row.deliveredAtMs;
    return isSame ? [] : [{ ...candidate, multipliers, earned, delta, deliveredAtMs }];
  });
}

/** What was earned goes on by the terms it was earned by, also of a program that has ended. */
function candidateOf(
  order: OwnedOrder,
  { program, known }: { program: Program; known: readonly OrderPoints[] },
): Candidate[] {
  const row = known.find((one) => one.orderId === order.id && one.programId === program.id);
  const judgedBy =
    row !== undefined
      ? program.versions.find(({ version }) => version === row.version)
      : program.state === 'active'
        ? termsAt(program, order.placedAtMs)
        : undefined;
  if (judgedBy === undefined || rateOf(judgedBy.terms, order) === undefined) return [];
  return [{ order, program, judgedBy, row }];
}

/** Variants of lines that were not weighed yet, where products are weighed at all. */
function unweighed({ order, judgedBy, row }: Candidate): string[] {
  if ((judgedBy.terms.earn?.multipliers ?? []).length === 0) return [];
  return order.lines.flatMap(({ id, variantId }) =>
    variantId === null || row?.multipliers[id] !== undefined ? [] : [variantId],
  );
}

/** Enters it in the book; answers what is known of the order from now on. */
export function earnByOrder(book: PointsBook, earning: OrderEarning, timeZone: string): OrderPoints {
  const { order, program, judgedBy, row, multipliers, earned, delta, deliveredAtMs } = earning;
  const programId = program.id;
  const accountId = row?.accountId ?? book.accountOf(programId, order.node)!.id;
  const sourceRef = sourceRefOf(order);
  const happening = { ref: sourceRef, key: `order/${order.id}/${programId}/${order.version}` };
  const dates = lotDatesOf(judgedBy.terms, { atMs: order.placedAtMs, deliveredAtMs, timeZone });
  const before = book.lotOf(programId, sourceRef);
  if (delta < 0 && before !== undefined) book.takeBack(before.id, -delta, happening);
  if (delta > 0) book.earn(accountId, { sourceRef, points: delta, dates, ...happening });
  const lot = book.lotOf(programId, sourceRef);
  if (lot !== undefined && deliveredAtMs !== (row?.deliveredAtMs ?? null)) book.redate(lot.id, dates);
  return {
    ...{ orderId: order.id, programId, accountId, version: judgedBy.version },
    multipliers,
    earned,
    deliveredAtMs,
  };
}
