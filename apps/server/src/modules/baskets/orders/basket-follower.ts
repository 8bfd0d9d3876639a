import type { OrderChange, OrderFollower, OrderState } from '../../orders/index.ts';
import { convertCarts, type Converted } from './convert-carts.ts';

/** What is bought leaves the cart, wherever it was bought: on the web, at the till, in a chat. */
export const basketFollower: OrderFollower = {
  name: 'baskets',
  async follow({ workspaceId, sql, now, entries }, changes) {
    const orders = changes.filter(isNews).map(({ after }) => convertedOf(after));
    if (orders.length === 0) return;
    await convertCarts({ workspaceId, sql, now, ...(entries !== undefined && { entries }) }, orders);
  },
};

/** It was accepted now, or it is known now whose it is. */
function isNews({ before, after }: OrderChange): boolean {
  if (!after.isAccepted || after.isTest || after.standing === 'cancelled') return false;
  const wasAccepted = before !== undefined && before.isAccepted;
  return !wasAccepted || (before.profileId === null && after.profileId !== null);
}

function convertedOf(order: OrderState): Converted {
  const { id, source, cartToken, profileId, placedAtMs } = order;
  const lines = order.lines.map(({ variantId, productRef, variantRef, sku, quantity, cancelled }) => ({
    ...{ variantId, productRef, variantRef, sku },
    quantity: Math.max(0, quantity - cancelled),
  }));
  return { reference: `order:${id}`, source, cartToken, profileId, placedAtMs, lines };
}
