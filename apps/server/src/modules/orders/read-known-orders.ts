import type { Sql } from '../../platform/postgres/index.ts';
import { listOrdersOf, readBookRows } from './order-store.ts';
import { presentOrder } from './present-order.ts';

/** An order as the API tells of it. */
export type KnownOrder = ReturnType<typeof presentOrder>;

const ORDERS_MAX = 500;

/** The newest orders of a customer, as far as they count: accepted, and no tests. Two queries. */
export async function readKnownOrders(sql: Sql, workspaceId: number, profileId: string): Promise<KnownOrder[]> {
  const ids = await listOrdersOf(sql, workspaceId, { profileIds: [profileId], limit: ORDERS_MAX });
  const rows = await readBookRows(sql, workspaceId, ids);
  const known = rows.flatMap(({ state, facts }) =>
    state === undefined || !state.isAccepted || state.isTest ? [] : [presentOrder({ state, facts })],
  );
  return known.sort((a, b) => (a.placedAt < b.placedAt ? 1 : -1));
}
