import { endReservations, type Reserved, reserveAll } from '../inventory/index.ts';
import type { Basket, BasketTx } from './basket.ts';

const HOLD_MS = 15 * 60_000;

/** What is set apart for a cart, and under which name an order takes it over. */
export interface CartHold {
  readonly ref: string;
  readonly outcome: Reserved | undefined;
}

export function holdRefOf({ id }: Pick<Basket, 'id'>): string {
  return `cart:${id.replaceAll('-', '')}`;
}

/**
 * Sets apart the stock of a cart that is held, for so long from now on; lets go of what it held when it is not, or when nothing
 * lies in it. Of a cart that was merged the hold goes to the one it became part of.
 */
export async function holdCart(
  { sql, workspaceId, now }: BasketTx,
  cart: Basket,
  merged: readonly Basket[] = [],
): Promise<CartHold | undefined> {
  const tx = { sql, workspaceId, now };
  const ref = holdRefOf(cart);
  const lines = [...cart.lines.values()].flatMap(({ variantId, quantity }) =>
    variantId === null || quantity === 0 ? [] : [{ variantId, quantity }],
  );
  if (!cart.isHeld || lines.length === 0) {
    await endReservations(tx, [{ kind: 'released', ownerRef: ref }]);
    return undefined;
  }
  const [outcome] = await reserveAll(tx, [
    {
      ...{ ownerRef: ref, kind: 'cart_hold', channel: cart.channel, lines, expiresAtMs: now + HOLD_MS },
      takesOver: [ref, ...merged.map(holdRefOf)],
    },
  ]);
  return { ref, outcome };
}
