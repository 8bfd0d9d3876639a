import { type EventBatch, finalOwners, type Stage } from '../../platform/eventlog/index.ts';
import { findOwnSource, listNumberedSources } from '../accounts/index.ts';
import { tellUnfitEvents, type UnfitEvent } from '../events/index.ts';
import { noteFacts } from '../profiles/index.ts';
import { isOrderEvent, readOrderEvent } from './event-orders.ts';
import type { OrderBook, OrderOwner } from './order-book.ts';
import type { OrderInput, OrderPart } from './order-input.ts';
import { attachOrders, handOrdersOver, lockOrdersById, moveOrders } from './order-store.ts';
import { deriveOrder } from './derive-order.ts';
import { announcedOrderId } from './orders-of-events.ts';
import type { OrderBatch, OrderFollower } from './ports.ts';

/** Knows whose orders are, once their events have found their profiles; and takes orders that events alone tell of. */
export function createOrdersStage(book: OrderBook, followers: readonly OrderFollower[]): Stage {
  return {
    name: 'orders',
    async run(batch) {
      await moveOrders(batch.sql, batch.workspaceId, finalOwners(batch.merges));
      const isOwn = batch.entries.some(({ event }) => announcedOrderId(event) !== undefined);
      const isTold = batch.entries.some(({ event, subject }) => subject !== undefined && isOrderEvent(event));
      if (!isOwn && !isTold) return;
      const shop = await findOwnSource(batch.sql, batch.workspaceId, 'shop');
      if (isTold) await takeTold(book, batch, shop);
      if (shop !== undefined) await attach(batch, { shop, followers });
    },
    async rebuild(batch) {
      await handOrdersOver(batch.sql, batch.workspaceId, batch.handovers);
    },
  };
}

/** Events about orders find the customer as any event does; the orders are hers from then on. */
async function attach(
  batch: EventBatch,
  { shop, followers }: { shop: number; followers: readonly OrderFollower[] },
): Promise<void> {
  const finals = finalOwners(batch.merges);
  const owners = new Map<string, { orderId: string; profileId: string; node: number }>();
  for (const { event, subject } of batch.entries) {
    const orderId = announcedOrderId(event);
    const node = event.nodes[0];
    if (orderId === undefined || subject === undefined || node === undefined || event.payload.source !== shop) continue;
    if (!owners.has(orderId))
      owners.set(orderId, { orderId, profileId: finals.get(subject.id) ?? subject.id, node: node.id });
  }
  if (owners.size === 0) return;
  const locked = await lockOrdersById(batch.sql, batch.workspaceId, [...owners.keys()]);
  const open = locked.filter((row) => row.profileId === null && row.state !== undefined);
  if (open.length === 0) return;
  await attachOrders(
    batch.sql,
    batch.workspaceId,
    open.map((row) => owners.get(row.id)!),
  );
  const changes = open.map((row) => {
    const { profileId, node } = owners.get(row.id)!;
    return { before: row.state, after: deriveOrder(row.facts, { ...row, profileId, node })! };
  });
  for (const follower of followers) await follower.follow(orderBatch(batch), changes);
  await noteFacts(
    batch,
    changes.flatMap(({ after }) => after.profileId ?? []),
    ['$orders'],
  );
}

/** Of trusted sources only: a browser's word makes no order. */
async function takeTold(book: OrderBook, batch: EventBatch, shop: number | undefined): Promise<void> {
  const sources = await listNumberedSources(batch.sql, batch.workspaceId);
  const trusted = new Set(sources.filter((one) => one.isTrusted && one.number !== shop).map((one) => one.number));
  const finals = finalOwners(batch.merges);
  const inputs: OrderInput[] = [];
  const parts: OrderPart[] = [];
  const unfit: UnfitEvent[] = [];
  const owners = new Map<string, OrderOwner>();
  for (const { event, subject } of batch.entries) {
    const number = event.payload.source;
    const node = event.nodes[0];
    if (subject === undefined || node === undefined || number === undefined || !trusted.has(number)) continue;
    const source = `events:${number}`;
    const read = readOrderEvent(event, source);
    switch (read?.kind) {
      case undefined:
        break;
      case 'unfit': {
        const { type, name, receivedAt: at } = event;
        unfit.push({ source: number, at, type, name, field: read.field, reason: read.message });
        break;
      }
      case 'order':
        inputs.push(read.input);
        owners.set(`${source}/${read.input.ref.id}`, {
          profileId: finals.get(subject.id) ?? subject.id,
          node: node.id,
        });
        break;
      case 'part':
        parts.push(read.part);
    }
  }
  await tellUnfitEvents(batch.sql, batch.workspaceId, unfit);
  await book.takeOrders(orderBatch(batch), {
    inputs,
    parts,
    ownerOf: ({ source, id }) => owners.get(`${source}/${id}`),
  });
}

function orderBatch(batch: EventBatch): OrderBatch {
  const { workspaceId, sql, now, entries } = batch;
  return { workspaceId, sql, now, entries, keysOf: (id) => batch.keysOf(id) };
}
