import { ORDER_STATES, type OrderStateWord } from '@segue/contract';
import type { Sql } from '../../platform/postgres/index.ts';
import { keptOf, type OrderState } from './order-state.ts';
import { listOrdersOf, readBookRows } from './order-store.ts';

const ORDERS_MAX = 500;

/** The newest orders of each profile, newest first. */
async function ordersOfProfiles(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, OrderState[]>> {
  const orders = new Map<string, OrderState[]>();
  if (profileIds.length === 0) return orders;
  const ids = await listOrdersOf(sql, workspaceId, { profileIds, limit: ORDERS_MAX });
  for (const { state } of await readBookRows(sql, workspaceId, ids)) {
    if (state?.profileId === undefined || state.profileId === null) continue;
    orders.set(state.profileId, [...(orders.get(state.profileId) ?? []), state]);
  }
  for (const own of orders.values()) own.sort((a, b) => b.placedAtMs - a.placedAtMs || (a.id < b.id ? 1 : -1));
  return orders;
}

/** Pieces of variants somebody bought and kept, and how her orders stand. */
export interface BoughtFacts {
  readonly bought: readonly {
    readonly variantId: string | null;
    readonly productRef: string | null;
    readonly variantRef: string | null;
    readonly sku: string | null;
    readonly quantity: number;
    readonly placedAtMs: number;
  }[];
  readonly states: ReadonlySet<OrderStateWord>;
  /** An order that was not cancelled. */
  readonly hasOrdered: boolean;
}

/** What rules ask of the order book. */
export async function orderFactsOf(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, BoughtFacts>> {
  const orders = await ordersOfProfiles(sql, workspaceId, profileIds);
  return new Map([...orders].map(([profileId, own]) => [profileId, factsOf(own)]));
}

function factsOf(orders: readonly OrderState[]): BoughtFacts {
  const bought = orders
    .filter(({ standing, payment }) => standing !== 'cancelled' && payment !== 'voided')
    .flatMap((order) =>
      order.lines.flatMap((line) => {
        const quantity = keptOf(line);
        const { variantId, productRef, variantRef, sku } = line;
        return quantity === 0
          ? []
          : [{ variantId, productRef, variantRef, sku, quantity, placedAtMs: order.placedAtMs }];
      }),
    );
  const hasOrdered = orders.some(({ standing, payment }) => standing !== 'cancelled' && payment !== 'voided');
  return { bought, states: new Set(orders.flatMap(wordsOf)), hasOrdered };
}

const HOLDS: Readonly<Record<OrderStateWord, (order: OrderState) => boolean>> = {
  open: ({ standing }) => standing === 'open',
  unpaid: ({ standing, payment }) =>
    standing !== 'cancelled' && (payment === 'pending' || payment === 'authorized' || payment === 'partially_paid'),
  unfulfilled: ({ standing, fulfilment }) =>
    standing !== 'cancelled' && (fulfilment === 'unfulfilled' || fulfilment === 'partial'),
  fulfilled: ({ fulfilment }) => fulfilment === 'fulfilled' || fulfilment === 'delivered',
  delivered: ({ fulfilment }) => fulfilment === 'delivered',
  cancelled: ({ standing }) => standing === 'cancelled',
  refunded: ({ payment }) => payment === 'refunded' || payment === 'partially_refunded',
};

/** Every word that holds: an order can be paid and unfulfilled. Pure. */
export function wordsOf(order: OrderState): OrderStateWord[] {
  return ORDER_STATES.filter((word) => HOLDS[word](order));
}
