import type { Ending, MovementInput, Wish } from '../inventory/index.ts';
import { fulfilmentsOf, isHandedOver, refundsOf } from './derive-order.ts';
import type { OrderFacts } from './order-facts.ts';
import type { OrderLine, OrderState } from './order-state.ts';

/** What an order's change does to our stock. */
export interface StockEffects {
  /** Goods that are not wanted any more. */
  readonly releases: readonly Ending[];
  /** What is still to be sent, set apart anew as a whole. */
  readonly reserves: readonly Wish[];
  readonly shipments: readonly Shipment[];
  /** Goods that came back. */
  readonly returns: readonly MovementInput[];
}

/** Goods that left: out of what was set apart, and if that was less, all the same. */
export interface Shipment {
  readonly ending: Extract<Ending, { kind: 'consumed' }>;
  readonly lines: readonly { readonly variantId: string; readonly quantity: number }[];
  readonly locationId: string | undefined;
  readonly key: string;
  readonly own: MovementInput['own'];
}

interface Side {
  readonly facts: OrderFacts;
  readonly state: OrderState | undefined;
}

export function ownerRefOf(orderId: string): string {
  return `order:${orderId}`;
}

/** The order that holds stock under this name. */
export function orderOfRef(ownerRef: string): string | undefined {
  return ownerRef.startsWith('order:') ? ownerRef.slice('order:'.length) : undefined;
}

/** The difference between what `before` did to stock and what `after` does. Pure. */
export function stockEffectsOf(before: Side, after: Side & { readonly state: OrderState }): StockEffects {
  const { state, facts } = after;
  const was = before.state;
  const ownerRef = ownerRefOf(state.id);
  const sent = newShipments(before, after);
  const openBefore = was === undefined ? new Map<string, number>() : openOf(was);
  const openAfter = openOf(state);
  const sentNow = sumByVariant(sent.flatMap((one) => one.lines));
  const grows = [...openAfter].some(([id, open]) => open + (sentNow.get(id) ?? 0) > (openBefore.get(id) ?? 0));
  const wish: Wish = {
    ...{ ownerRef, kind: state.isPreorder ? 'preorder' : 'order', channel: state.channel, takesOver: [ownerRef] },
    lines: [...openAfter].map(([variantId, quantity]) => ({ variantId, quantity })),
  };
  const dropped = [...openBefore].flatMap(([variantId, open]) => {
    const quantity = open - (openAfter.get(variantId) ?? 0) - (sentNow.get(variantId) ?? 0);
    return quantity > 0 ? [{ variantId, quantity }] : [];
  });
  return {
    releases: dropped.length === 0 ? [] : [{ kind: 'released', ownerRef, lines: dropped }],
    reserves: grows && wish.lines.length > 0 ? [wish] : [],
    shipments: sent,
    returns: newReturns(before.facts, { facts, state }),
  };
}

/** Pieces of each variant that are still to be sent; none of what is cancelled, tried, or not accepted. */
function openOf(order: OrderState): Map<string, number> {
  if (order.standing === 'cancelled' || !order.isAccepted || order.isTest) return new Map();
  return sumByVariant(
    order.lines.flatMap((line) => {
      const quantity = line.quantity - line.cancelled - line.fulfilled;
      return line.variantId === null || quantity <= 0 ? [] : [{ variantId: line.variantId, quantity }];
    }),
  );
}

function newShipments(before: Side, { facts, state }: Side & { state: OrderState }): Shipment[] {
  if (!state.isAccepted || state.isTest) return [];
  const variantOf = new Map(state.lines.map((line) => [line.id, line.variantId]));
  const known = new Set(
    fulfilmentsOf(before.facts)
      .filter(isSent)
      .map(({ id }) => id),
  );
  const shipments = fulfilmentsOf(facts)
    .filter((one) => isSent(one) && !known.has(one.id))
    .map((one) => {
      const own = ownOf({ facts, state }, one.createdAtMs);
      const lines = one.lines.flatMap(({ lineId, quantity }) => {
        const variantId = variantOf.get(lineId);
        return variantId === null || variantId === undefined ? [] : [{ variantId, quantity }];
      });
      return shipmentOf(state, { id: one.id, lines, own, locationId: one.locationId ?? state.locationId ?? undefined });
    });
  return [...shipments, ...handedOver(before, { facts, state })].filter(({ lines }) => lines.length > 0);
}

/** At the till nobody speaks of fulfilments: everything was handed over at once. */
function handedOver(before: Side, { facts, state }: Side & { state: OrderState }): Shipment[] {
  const isNew = isHandedOver(facts) && !isHandedOver(before.facts);
  if (!isNew) return [];
  const already = new Map((before.state?.lines ?? []).map((line) => [line.id, line.fulfilled]));
  const lines = state.lines.flatMap((line: OrderLine) => {
    const quantity = line.fulfilled - (already.get(line.id) ?? 0);
    return line.variantId === null || quantity <= 0 ? [] : [{ variantId: line.variantId, quantity }];
  });
  const own = ownOf({ facts, state }, state.placedAtMs);
  return [shipmentOf(state, { id: 'all', lines, own, locationId: state.locationId ?? undefined })];
}

function shipmentOf(
  { id: orderId }: OrderState,
  sent: Pick<Shipment, 'lines' | 'locationId' | 'own'> & { readonly id: string },
): Shipment {
  const { id, lines, locationId, own } = sent;
  const ending = { kind: 'consumed' as const, ownerRef: ownerRefOf(orderId), lines, locationId, reference: id, own };
  return { ending, lines, locationId, own, key: `sold:${orderId}:${id}` };
}

/** Whoever sold or took it back counts it too, and has it in the next count. */
function ownOf({ facts, state }: { facts: OrderFacts; state: OrderState }, atMs: number): MovementInput['own'] {
  return facts.snapshot?.stock === 'counted' ? { source: state.source, atMs } : undefined;
}

function isSent({ state }: { readonly state: string }): boolean {
  return state === 'shipped' || state === 'delivered';
}

function newReturns(before: OrderFacts, { facts, state }: { facts: OrderFacts; state: OrderState }): MovementInput[] {
  const variantOf = new Map(state.lines.map((line) => [line.id, line.variantId]));
  return refundsOf(facts)
    .filter(({ id }) => before.refunds[id] === undefined)
    .flatMap((refund) =>
      refund.lines.flatMap((line, place): MovementInput[] => {
        const variantId = variantOf.get(line.lineId);
        const locationId = line.locationId ?? state.locationId;
        if (line.restock !== 'return' || variantId === null || variantId === undefined || locationId === null)
          return [];
        return [
          {
            ...{ variantId, locationId, field: 'on_hand', delta: line.quantity, reason: 'returned' },
            own: ownOf({ facts, state }, refund.atMs),
            ...{
              onlyTracked: true,
              refType: 'order',
              refId: state.id,
              idempotencyKey: `returned:${state.id}:${refund.id}:${place}`,
            },
          },
        ];
      }),
    );
}

function sumByVariant(
  lines: readonly { readonly variantId: string; readonly quantity: number }[],
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { variantId, quantity } of lines) sums.set(variantId, (sums.get(variantId) ?? 0) + quantity);
  return sums;
}
