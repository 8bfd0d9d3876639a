import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { joinPart, type OrderFacts, type Snapshot } from './order-facts.ts';
import { batchOf, restate } from './order-book.ts';
import type { FulfilmentInput, OrderPart, RefundInput } from './order-input.ts';
import type { OrderLine, OrderState } from './order-state.ts';
import { type BookRow, lockOrdersById } from './order-store.ts';
import type { PlaceDeps } from './place-wish.ts';

/** What may be done to an order that the book itself is the truth of. */
export type OrderVerb =
  | { readonly kind: 'pay'; readonly amountMinor?: number | undefined }
  | { readonly kind: 'cancel'; readonly reason?: string | undefined }
  | { readonly kind: 'close' }
  | {
      readonly kind: 'fulfil';
      readonly reference: string;
      /** Left out: everything that is still to be sent. */
      readonly lines?: readonly { readonly lineId: string; readonly quantity: number }[] | undefined;
      readonly locationId?: string | undefined;
      readonly tracking?: Pick<FulfilmentInput, 'trackingCompany' | 'trackingNumber' | 'trackingUrl' | 'estimatedAtMs'>;
    }
  | { readonly kind: 'deliver'; readonly reference: string }
  | {
      readonly kind: 'refund';
      readonly reference: string;
      readonly amountMinor: number;
      readonly reason?: string | undefined;
      readonly lines: RefundInput['lines'];
    };

/** Carries a verb out, or refuses it with what stands in its way. A repeat (of a reference, of a state) changes nothing. */
export async function changeOrder(
  ctx: TxCtx,
  deps: Pick<PlaceDeps, 'book' | 'coupons'>,
  wish: { id: string; verb: OrderVerb },
): Promise<OrderState> {
  const [before] = await lockOrdersById(ctx.sql, ctx.workspaceId, [wish.id]);
  if (before?.state === undefined) throw new AppError('not_found', 'There is no such order');
  if (before.facts.snapshot?.stock === 'theirs') {
    throw new AppError('conflict', 'This order is kept by another shop system', {
      details: [{ field: 'id', message: `change it in ${before.source}; it is told here then` }],
    });
  }
  const facts = applyVerb(before as BookRow & { state: OrderState }, wish.verb, ctx.clock.now());
  if (facts === before.facts) return before.state;
  const change = restate({ before, after: { ...before, facts, version: before.version + 1 } });
  await deps.book.carryOut(batchOf(ctx), [change]);
  const order = change.after.state!;
  if (wish.verb.kind === 'pay' && order.payment === 'paid') await deps.coupons.commit(ctx, [order]);
  if (wish.verb.kind === 'cancel') await deps.coupons.void(ctx, [order]);
  return order;
}

/** What is so of the order after the verb; throws where its state forbids it. Pure. */
export function applyVerb(
  { facts, state, source, sourceOrderId }: BookRow & { readonly state: OrderState },
  verb: OrderVerb,
  now: number,
): OrderFacts {
  const ref = { source, id: sourceOrderId };
  const part = (told: OrderPart) => joinPart(facts, told);
  switch (verb.kind) {
    case 'pay':
      return pay(facts, { state, verb, now });
    case 'cancel':
      if (state.standing === 'cancelled') return facts;
      if (state.fulfilment !== 'unfulfilled')
        throw refused('Goods of it have left', 'take them back with a refund instead');
      return said(facts, { cancelledAtMs: now, cancelReason: verb.reason, ...voided(state) }, now);
    case 'close':
      return state.standing === 'open' ? said(facts, { closedAtMs: now }, now) : facts;
    case 'fulfil':
      return facts.fulfilments[verb.reference] !== undefined
        ? facts
        : part({ ref, kind: 'fulfilment', fulfilment: parcelOf(state, verb, now) });
    case 'deliver':
      if (facts.fulfilments[verb.reference] === undefined)
        throw refused('There is no such fulfilment', 'name one of the order');
      return part({ ref, kind: 'delivered', fulfilmentId: verb.reference, atMs: now });
    case 'refund':
      return facts.refunds[verb.reference] !== undefined
        ? facts
        : part({ ref, kind: 'refund', refund: refundOf(state, verb, now) });
  }
}

function said(facts: OrderFacts, words: Partial<Snapshot>, now: number): OrderFacts {
  const snapshot = facts.snapshot!;
  // Two words of one instant are two words.
  const version = { at: Math.max(now, snapshot.version.at + 1) };
  return { ...facts, snapshot: { ...snapshot, ...words, version } };
}

function voided(state: OrderState): Partial<Snapshot> {
  return state.paidMinor === 0 ? { payment: 'voided' } : {};
}

function pay(
  facts: OrderFacts,
  { state, verb, now }: { state: OrderState; verb: Extract<OrderVerb, { kind: 'pay' }>; now: number },
): OrderFacts {
  const open = state.totalMinor - state.paidMinor;
  const amountMinor = verb.amountMinor ?? open;
  if (amountMinor === 0 && state.payment === 'paid') return facts;
  if (state.standing === 'cancelled' || state.payment === 'voided')
    throw refused('The order was cancelled', 'place it again');
  if (state.refundedMinor > 0) throw refused('Money of it was given back', 'place another order');
  if (amountMinor > open) throw refused(`Only ${open} is still to be paid`, `give at most ${open}`);
  const paidMinor = state.paidMinor + amountMinor;
  return said(facts, { paidMinor, payment: paidMinor >= state.totalMinor ? 'paid' : 'partially_paid' }, now);
}

function parcelOf(state: OrderState, verb: Extract<OrderVerb, { kind: 'fulfil' }>, now: number): FulfilmentInput {
  if (state.standing === 'cancelled') throw refused('The order was cancelled', 'send nothing of it');
  const open = state.lines
    .map((line) => ({ lineId: line.id, quantity: openOf(line) }))
    .filter(({ quantity }) => quantity > 0);
  if (open.length === 0) throw refused('Everything of it has left', 'nothing is left to send');
  for (const [at, { lineId, quantity }] of (verb.lines ?? []).entries()) {
    const left = open.find((one) => one.lineId === lineId)?.quantity ?? 0;
    if (quantity > left)
      throw refused('So much of it is not left to send', `give at most ${left}`, `lines[${at}].quantity`);
  }
  return {
    ...{ id: verb.reference, atMs: now, createdAtMs: now, state: 'shipped', locationId: verb.locationId },
    lines: verb.lines ?? open,
    ...verb.tracking,
  };
}

function openOf(line: OrderLine): number {
  return line.quantity - line.cancelled - line.fulfilled;
}

function refundOf(state: OrderState, verb: Extract<OrderVerb, { kind: 'refund' }>, now: number): RefundInput {
  const { reference: id, amountMinor, reason, lines } = verb;
  const left = state.paidMinor - state.refundedMinor;
  if (amountMinor > left)
    throw refused('More than was paid cannot be given back', `give at most ${left}`, 'amountMinor');
  for (const [at, { lineId, quantity, restock }] of lines.entries()) {
    const line = state.lines.find((one) => one.id === lineId);
    const most =
      line === undefined
        ? 0
        : restock === 'cancel'
          ? openOf(line)
          : restock === 'return'
            ? line.fulfilled - line.returned
            : line.quantity;
    if (quantity > most)
      throw refused('So much of the line cannot be given back', `give at most ${most}`, `lines[${at}].quantity`);
  }
  return { id, atMs: now, amountMinor, reason, lines };
}

function refused(message: string, remedy: string, field = 'id'): AppError {
  return new AppError('conflict', message, { details: [{ field, message: remedy }] });
}
