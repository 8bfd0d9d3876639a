import type { OrderName } from './redemption-store.ts';

/** What a hold is called in the store: what callers name, orders and redemptions at once cannot be taken for each other. */
export const ownerOf = {
  cart: (ownerRef: string) => `cart ${ownerRef}`,
  order: (orderId: string) => `order ${orderId}`,
  redeemed: ({ orderSource, orderRef }: OrderName) => `redeemed ${JSON.stringify([orderSource, orderRef])}`,
} as const;
