import type { AnswerOf, api } from '@segue/contract';
import { publicId } from '../../platform/ids/index.ts';
import { fulfilmentsOf, refundsOf } from './derive-order.ts';
import type { OrderFacts } from './order-facts.ts';
import type { FulfilmentInput, RefundInput } from './order-input.ts';
import type { OrderState } from './order-state.ts';

type Presented = AnswerOf<typeof api.getOrder>;

export function presentOrder({ state, facts }: { state: OrderState; facts: OrderFacts }): Presented {
  const {
    id,
    locationId,
    profileId,
    placedAtMs,
    cancelledAtMs,
    promisedAtMs,
    node: _node,
    isAccepted: _isAccepted,
    couponAmounts: _couponAmounts,
    ...order
  } = state;
  return {
    ...order,
    id: publicId('ord', id),
    locationId: idOrNull('loc', locationId),
    profileId: profileId === null ? null : publicId('prf', profileId),
    placedAt: iso(placedAtMs),
    cancelledAt: cancelledAtMs === null ? null : iso(cancelledAtMs),
    promisedAt: promisedAtMs === null ? null : iso(promisedAtMs),
    couponCodes: [...order.couponCodes],
    lines: order.lines.map((line) => ({
      ...line,
      variantId: line.variantId === null ? null : publicId('var', line.variantId),
    })),
    fulfilments: fulfilmentsOf(facts).map(presentFulfilment),
    refunds: refundsOf(facts).map(presentRefund),
  };
}

function presentFulfilment(one: FulfilmentInput): Presented['fulfilments'][number] {
  return {
    ...{ id: one.id, state: one.state, at: iso(one.atMs), createdAt: iso(one.createdAtMs) },
    locationId: idOrNull('loc', one.locationId ?? null),
    trackingCompany: one.trackingCompany ?? null,
    trackingNumber: one.trackingNumber ?? null,
    trackingUrl: one.trackingUrl ?? null,
    estimatedAt: one.estimatedAtMs === undefined ? null : iso(one.estimatedAtMs),
    lines: one.lines.map(({ lineId, quantity }) => ({ lineId, quantity })),
  };
}

function presentRefund({ id, atMs, amountMinor, reason, lines }: RefundInput): Presented['refunds'][number] {
  return {
    ...{ id, at: iso(atMs), amountMinor, reason: reason ?? null },
    lines: lines.map(({ lineId, quantity, restock }) => ({ lineId, quantity, restock })),
  };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

function idOrNull(prefix: 'loc', id: string | null): string | null {
  return id === null ? null : publicId(prefix, id);
}
