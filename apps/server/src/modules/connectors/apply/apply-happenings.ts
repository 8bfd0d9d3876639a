import { announce, type Announcement } from '../../events/index.ts';
import type { ShopHappening } from '../records.ts';
import { type Applying, ownerOf } from './applying.ts';
import { messageIdOf } from './hash-of.ts';
import { listOrderOwners } from './order-store.ts';
import { putWaiting, type WaitingRecord } from './waiting-store.ts';
import { isSomebody, openWho, whoOf } from './who.ts';

/** Tells what happened to customers. What names nobody is told to whoever ordered, once her order is known. */
export async function applyHappenings(applying: Applying, happenings: readonly ShopHappening[]): Promise<void> {
  if (happenings.length === 0) return;
  const { ctx, keys, settings, connector } = applying;
  const of = ownerOf(applying);
  const orderIds = happenings.flatMap(({ orderId }) => (orderId === undefined ? [] : [orderId]));
  const owners = await listOrderOwners(ctx.sql, of, [...new Set(orderIds)]);
  const events: Announcement[] = [];
  const waiting: WaitingRecord[] = [];
  for (const happening of happenings) {
    const { orderId, id, event, atMs, properties } = happening;
    const own = whoOf(happening.who, settings);
    const owner = orderId === undefined ? undefined : owners.get(orderId);
    if (!isSomebody(own) && owner === undefined && orderId !== undefined) {
      const record = { kind: 'happening', happening } as const;
      waiting.push({ awaits: `order:${orderId}`, key: `${id} ${atMs}`, atMs, record });
      continue;
    }
    const who = isSomebody(own) || owner === undefined ? own : whoOf(openWho(keys, owner), settings);
    const messageId = messageIdOf('cnh', connector.source, id, event, atMs);
    events.push({ type: 'track', messageId, event, occurredAtMs: atMs, properties, who });
  }
  await putWaiting(ctx.sql, of, { waiting, keys, at: new Date(ctx.clock.now()) });
  await announce(ctx, applying.eventSource, events);
}
