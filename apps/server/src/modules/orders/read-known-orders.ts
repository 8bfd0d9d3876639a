import type { Sql } from '../../platform/postgres/index.ts';
import { listOrdersOf, readBookRows } from './order-store.ts';
import { presentOrder } from './present-order.ts';

/** An order as the API tells of it. */
export type KnownOrder = ReturnType<typeof presentOrder>;

const ORDERS_MAX = 500;

/** `source`: whose name it is; undefined: Segue's own. */
export interface OrderName {
  readonly source: string | undefined;
  readonly name: string;
}

export interface KnownOrders {
  /** That count: accepted, and no tests; the newest first. */
  readonly orders: readonly KnownOrder[];
  /** Everything that orders in the book are called, whether they count or not. */
  readonly names: readonly OrderName[];
  /** False: there are older ones. */
  readonly isWhole: boolean;
}

/** The newest orders of a customer. Two queries. */
export async function readKnownOrders(sql: Sql, workspaceId: number, profileId: string): Promise<KnownOrders> {
  const ids = await listOrdersOf(sql, workspaceId, { profileIds: [profileId], limit: ORDERS_MAX });
  const rows = await readBookRows(sql, workspaceId, ids);
  const known = rows.flatMap(({ state, facts }) =>
    state === undefined ? [] : [{ ...state, shown: presentOrder({ state, facts }) }],
  );
  const counting = known.flatMap(({ isAccepted, isTest, shown }) => (isAccepted && !isTest ? [shown] : []));
  return {
    orders: counting.sort((a, b) => (a.placedAt < b.placedAt ? 1 : -1)),
    names: known.flatMap(({ source, sourceOrderId, number, shown }) => [
      ...[sourceOrderId, number].map((name) => ({ source, name })),
      { source: undefined, name: shown.id },
    ]),
    isWhole: ids.length < ORDERS_MAX,
  };
}
