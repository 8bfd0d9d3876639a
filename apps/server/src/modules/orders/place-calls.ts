import type { AnswerOf, api, BodyOf } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { Grouped } from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { locationsKnown } from '../inventory/index.ts';
import { findCustomers } from './find-customers.ts';
import { type Placed, placeOrders } from './place-order.ts';
import type { PlaceDeps, PlaceOrder } from './place-wish.ts';
import { presentOrder } from './present-order.ts';
import { isClear, refusedOr } from './refused-or.ts';

type Body = BodyOf<typeof api.placeOrder>;
type Answer = AnswerOf<typeof api.placeOrder>;

/** Orders that are placed at the same time are placed together. */
export function groupPlacing(deps: PlaceDeps): Grouped<typeof api.placeOrder> {
  return {
    namesOf: ({ body: { source, reference, holdRef } }) => [
      `order ${source} ${reference}`,
      ...(holdRef === undefined ? [] : [`hold ${holdRef}`]),
    ],
    async carryOut(ctx, calls) {
      const wishes = await wishesOf(
        ctx,
        calls.map(({ body }) => body),
      );
      const clear = wishes.filter(isClear);
      const placed = await placeOrders(ctx, deps, clear);
      const outcomes = wishes.map((wish) => (wish instanceof AppError ? wish : placed[clear.indexOf(wish)]!));
      const answers: (Answer | AppError)[] = [];
      for (const [at, outcome] of outcomes.entries()) {
        if (!(outcome instanceof AppError) && !outcome.isRepeat) await auditPlaced(calls[at]!.ctx, outcome.order);
        answers.push(outcome instanceof AppError ? outcome : answerOf(outcome));
      }
      return answers;
    },
  };
}

function auditPlaced(ctx: TxCtx, { id, channel }: { id: string; channel: string }): Promise<void> {
  return recordAudit(ctx, { action: 'order.placed', subject: publicId('ord', id), detail: { channel } });
}

function answerOf({ row, order, isRepeat }: Placed): Answer {
  return { order: presentOrder({ state: order, facts: row.facts }), isRepeat };
}

/** What each call asks for, in the words of the book; one that names what is not there is refused. */
async function wishesOf(ctx: TxCtx, bodies: readonly Body[]): Promise<(PlaceOrder | AppError)[]> {
  const named = bodies.map(({ locationId }) => locationId);
  const isKnown = await locationsKnown(
    ctx,
    named.filter((id) => id !== undefined),
  );
  const customers = await findCustomers(ctx, bodies);
  return bodies.map((body, at) => {
    const { profileId: _profileId, identifier: _identifier, locationId, lines, ...rest } = body;
    const customer = customers[at]!;
    if (locationId !== undefined && !isKnown(locationId)) return noLocation();
    if (customer instanceof AppError) return customer;
    if (body.isPreorder && body.isHandedOver) return notThereYet();
    return refusedOr(() => ({
      ...rest,
      ...customer,
      locationId: locationId === undefined ? undefined : requirePublicId('loc', locationId),
      lines: lines.map((line) => ({ ...line, variantId: requirePublicId('var', line.variantId) })),
    }));
  });
}

function noLocation(): AppError {
  return new AppError('invalid', 'The request names what is not there', {
    details: [{ field: 'locationId', message: 'names no location' }],
  });
}

function notThereYet(): AppError {
  return new AppError('invalid', 'The request contradicts itself', {
    details: [{ field: 'isHandedOver', message: 'nobody takes along what is still coming; leave it out' }],
  });
}
