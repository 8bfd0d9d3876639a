import type { OrderState } from '../../orders/index.ts';

/** An order whose customer is known. */
export type OwnedOrder = OrderState & { readonly profileId: string; readonly node: number };

export function isOwned(order: OrderState): order is OwnedOrder {
  return !order.isTest && order.profileId !== null && order.node !== null;
}
