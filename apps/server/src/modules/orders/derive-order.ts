import type { OrderFacts, Snapshot } from './order-facts.ts';
import type { FulfilmentInput, RefundInput } from './order-input.ts';
import type { FulfilmentState, OrderLine, OrderState, PaymentState } from './order-state.ts';

/** What an order is called and whose it is: not decided by what is said of it. */
export type OrderNames = Pick<OrderState, 'id' | 'source' | 'sourceOrderId' | 'profileId' | 'node' | 'version'>;

/**
 * The state of an order, out of all that was said of it; undefined while only parts of it are known. Payment, fulfilment and
 * standing are axes of their own. What was given back was paid, what came back was sent: sources that say less are a step
 * behind. Pure.
 */
export function deriveOrder(facts: OrderFacts, names: OrderNames): OrderState | undefined {
  const { snapshot } = facts;
  const { id, source, sourceOrderId, profileId, node, version } = names;
  if (snapshot === undefined) return undefined;
  const refunds = refundsOf(facts);
  const lines = linesOf(snapshot, { refunds, facts });
  const cancelledAtMs = snapshot.cancelledAtMs ?? facts.ended.cancelled ?? deletedAt(facts, lines);
  const refundedMinor = refunds.reduce((sum, refund) => sum + refund.amountMinor, 0);
  const paidMinor = Math.max(snapshot.paidMinor, refundedMinor);
  return {
    ...{ id, source, sourceOrderId, profileId, node, version },
    channel: snapshot.channel,
    number: snapshot.number,
    locationId: snapshot.locationId ?? null,
    currency: snapshot.currency,
    placedAtMs: snapshot.placedAtMs,
    isAccepted: snapshot.isAccepted,
    isTest: snapshot.isTest ?? false,
    isPreorder: snapshot.isPreorder ?? false,
    promisedAtMs: snapshot.promisedAtMs ?? null,
    payment: paymentOf(snapshot.payment, { paidMinor, refundedMinor }),
    fulfilment: fulfilmentOf(lines, facts),
    standing: cancelledAtMs !== null ? 'cancelled' : snapshot.closedAtMs !== undefined ? 'closed' : 'open',
    cancelledAtMs,
    ...snapshot.totals,
    paidMinor,
    refundedMinor,
    couponCodes: snapshot.couponCodes,
    ...(snapshot.couponAmounts !== undefined && { couponAmounts: snapshot.couponAmounts }),
    pointsRedeemed: snapshot.pointsRedeemed ?? 0,
    cartToken: snapshot.cartToken ?? null,
    lines,
  };
}

/** What was thrown away before anything of it was sent is not wanted any more; what was sent was an order all the same. */
function deletedAt({ snapshot, ended }: OrderFacts, lines: readonly OrderLine[]): number | null {
  const isThere = Math.max(snapshot?.version.at ?? 0, ended.restored ?? 0);
  const isSent = lines.some(({ fulfilled }) => fulfilled > 0);
  return ended.deleted === undefined || ended.deleted < isThere || isSent ? null : ended.deleted;
}

/** In the order they were made. */
export function refundsOf(facts: OrderFacts): RefundInput[] {
  return Object.values(facts.refunds).sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
}

/** What left, or was to: the newest word about each. */
export function fulfilmentsOf(facts: OrderFacts): FulfilmentInput[] {
  return Object.values(facts.fulfilments)
    .map((one) => {
      const deliveredAtMs = facts.delivered[one.id];
      const isSent = one.state === 'shipped' || one.state === 'pending';
      return deliveredAtMs === undefined || !isSent
        ? one
        : { ...one, state: 'delivered' as const, atMs: Math.max(one.atMs, deliveredAtMs) };
    })
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
}

function sentOf(facts: OrderFacts): FulfilmentInput[] {
  return fulfilmentsOf(facts).filter(({ state }) => state === 'shipped' || state === 'delivered');
}

/** Everything of it is with the customer, whatever is said of parcels. */
export function isHandedOver(facts: OrderFacts): boolean {
  const { fulfilled, delivered } = facts.ended;
  return facts.snapshot?.isFulfilled === true || fulfilled !== undefined || delivered !== undefined;
}

function linesOf(
  snapshot: Snapshot,
  { refunds, facts }: { refunds: readonly RefundInput[]; facts: OrderFacts },
): OrderLine[] {
  const sent = sentOf(facts);
  const isWhole = isHandedOver(facts);
  const refunded = (lineId: string, restock: string) =>
    sum(refunds.flatMap(({ lines }) => lines.filter((line) => line.lineId === lineId && line.restock === restock)));
  return snapshot.lines.map((line) => {
    const cancelled = Math.min(line.quantity, Math.max(line.cancelled, refunded(line.id, 'cancel')));
    const wanted = line.quantity - cancelled;
    const told = isWhole ? wanted : sum(sent.flatMap((one) => one.lines.filter((part) => part.lineId === line.id)));
    const returned = Math.min(wanted, refunded(line.id, 'return'));
    const fulfilled = Math.min(wanted, Math.max(told, returned));
    return {
      id: line.id,
      variantId: line.variantId ?? null,
      productRef: line.productRef ?? null,
      variantRef: line.variantRef ?? null,
      sku: line.sku ?? null,
      name: line.name,
      variantTitle: line.variantTitle ?? null,
      brand: line.brand ?? null,
      ...{ quantity: line.quantity, cancelled, fulfilled, returned },
      unitPriceMinor: line.unitPriceMinor,
      discountMinor: line.discountMinor,
    };
  });
}

function sum(parts: readonly { readonly quantity: number }[]): number {
  return parts.reduce((all, part) => all + part.quantity, 0);
}

function paymentOf(
  told: PaymentState,
  { paidMinor, refundedMinor }: { paidMinor: number; refundedMinor: number },
): PaymentState {
  if (refundedMinor === 0) return told;
  return refundedMinor >= paidMinor ? 'refunded' : 'partially_refunded';
}

function fulfilmentOf(lines: readonly OrderLine[], facts: OrderFacts): FulfilmentState {
  const wanted = lines.reduce((all, line) => all + line.quantity - line.cancelled, 0);
  const fulfilled = lines.reduce((all, line) => all + line.fulfilled, 0);
  if (fulfilled === 0) return 'unfulfilled';
  if (fulfilled < wanted) return 'partial';
  if (facts.ended.delivered !== undefined) return 'delivered';
  const sent = sentOf(facts);
  return sent.length > 0 && sent.every(({ state }) => state === 'delivered') ? 'delivered' : 'fulfilled';
}
