import { amountInMain } from '@segue/contract';
import type { KnownOrder } from '../orders/index.ts';
import type { Order } from './fold-orders.ts';

/** A parcel nobody says has arrived is on its way no longer than this. */
const ON_ITS_WAY_MS = 30 * 86_400_000;

/** An order of the book as one that events tell of, with what only the book knows. Pure. */
export function orderOfBook(order: KnownOrder, now: number): Order {
  const main = (amountMinor: number) => amountInMain(amountMinor, order.currency);
  const isVoid = order.standing === 'cancelled' || order.payment === 'voided' || order.payment === 'refunded';
  const lines = order.lines.flatMap((line) => {
    const quantity = line.quantity - line.cancelled - line.returned;
    if (isVoid || quantity <= 0) return [];
    const { productRef, variantRef, sku, name, variantId } = line;
    return [
      {
        ...{ productId: productRef, sku, variant: variantRef ?? variantId, name, url: null },
        ...{ price: main(line.unitPriceMinor), quantity },
      },
    ];
  });
  const parcels = order.fulfilments.filter(({ state }) => state !== 'cancelled' && state !== 'failed');
  const isOnItsWay = parcels.some(
    ({ state, createdAt }) => state !== 'delivered' && now - Date.parse(createdAt) < ON_ITS_WAY_MS,
  );
  const isToBeSent = order.fulfilment === 'unfulfilled' || order.fulfilment === 'partial';
  const instants = [...order.fulfilments, ...order.refunds].map(({ at }) => at);
  return {
    ...{ orderId: order.sourceOrderId, source: order.source },
    orderedAt: Date.parse(order.placedAt),
    changedAt: Math.max(
      ...[order.placedAt, ...instants, order.cancelledAt ?? order.placedAt].map((at) => Date.parse(at)),
    ),
    lines,
    total: main(order.totalMinor),
    refunded: main(order.refundedMinor),
    currency: order.currency,
    isOpen: !isVoid && lines.length > 0 && (isToBeSent || isOnItsWay),
    book: {
      ...{ id: order.id, number: order.number, channel: order.channel },
      ...{ payment: order.payment, fulfilment: order.fulfilment, standing: order.standing },
      parcels: parcels.map(({ state, trackingCompany, trackingNumber, trackingUrl, estimatedAt }) => ({
        ...{ state, trackingCompany, trackingNumber, trackingUrl, estimatedAt },
      })),
    },
  };
}
