import type { LoggedEvent } from '../../platform/eventlog/index.ts';
import { uuidText } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { OrderState } from './order-state.ts';
import { findBookRows } from './order-lookup-store.ts';

const MESSAGE_ID = /^ord-([0-9a-f]{32})-/;

/** Of the order an announcement of the book is about. Pure. */
export function announcedOrderId({ id }: Pick<LoggedEvent, 'id'>): string | undefined {
  const hex = MESSAGE_ID.exec(id)?.[1];
  return hex === undefined ? undefined : uuidText(Buffer.from(hex, 'hex'));
}

/** By the event's id, the order in the book that an event is about: one that the book told of, or that it was told of. */
export async function ordersOfEvents(
  sql: Sql,
  workspaceId: number,
  events: readonly LoggedEvent[],
): Promise<Map<string, OrderState>> {
  const named = events.map((event) => {
    const said = event.payload.properties?.['order_id'];
    const { source } = event.payload;
    const isTold = source !== undefined && (typeof said === 'string' || typeof said === 'number');
    const ref = isTold ? { source: `events:${source}`, id: String(said) } : undefined;
    return { event, orderId: announcedOrderId(event), ref };
  });
  const ids = named.flatMap(({ orderId }) => orderId ?? []);
  const refs = named.flatMap(({ orderId, ref }) => (orderId === undefined && ref !== undefined ? [ref] : []));
  const rows = await findBookRows(sql, workspaceId, { ids, refs });
  return new Map(
    named.flatMap(({ event, orderId, ref }) => {
      const row = rows.find((one) =>
        orderId !== undefined ? one.id === orderId : one.source === ref?.source && one.sourceOrderId === ref.id,
      );
      return row?.state === undefined ? [] : [[event.id, row.state] as const];
    }),
  );
}
