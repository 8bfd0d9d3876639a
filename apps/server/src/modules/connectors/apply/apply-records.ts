import { endConnector } from '../connector-store.ts';
import type { ShopRecord } from '../records.ts';
import { applyBaskets } from './apply-baskets.ts';
import { applyCustomers } from './apply-customers.ts';
import { applyHappenings } from './apply-happenings.ts';
import { applyLevels, levelsOf } from './apply-levels.ts';
import { applyLocations } from './apply-locations.ts';
import { applyOrders, basketOwnersOf } from './apply-orders.ts';
import { applyItems, applyProducts } from './apply-products.ts';
import { type Applying, ownerOf } from './applying.ts';
import { type SortedRecords, sortRecords } from './sort-records.ts';
import { takeWaiting } from './waiting-store.ts';
import { whoOf } from './who.ts';

/**
 * Makes true here what a shop told, whatever order it was told in and however often: of each thing the newest word counts, and
 * what is about something that has not come yet waits for it. Everything happens in the one transaction of `applying`.
 */
export async function applyRecords(applying: Applying, records: readonly ShopRecord[]): Promise<void> {
  const { ctx, keys } = applying;
  const of = ownerOf(applying);
  const first = sortRecords(records);
  await applyLocations(applying, first.locations);
  const came = [...(await applyProducts(applying, first)), ...(await applyItems(applying, first.items))];
  const woken = await takeWaiting(ctx.sql, of, { came, keys });
  const sorted = woken.length === 0 ? first : sortRecords([...records, ...woken]);
  await applyLevels(applying, levelsOf(sorted.levels));
  await applyCustomers(applying, sorted.customers);
  // Before the orders: what she put in came before what she bought.
  const owners = basketOwnersOf(sorted.orders);
  if (owners.length + sorted.carts.length + sorted.checkouts.length > 0)
    await applyBaskets(applying, { carts: sorted.carts, checkouts: sorted.checkouts, owners });
  const orders = await applyOrders(applying, sorted);
  const told = await takeWaiting(ctx.sql, of, { came: orders.map((id) => `order:${id}`), keys });
  const late = told.flatMap((record) => (record.kind === 'happening' ? [record.happening] : []));
  await applyHappenings(applying, [...late, ...sorted.happenings]);
  await handOn(applying, sorted);
}

/** What is for others to keep. */
async function handOn(applying: Applying, sorted: SortedRecords): Promise<void> {
  const { ctx, ports, connector, settings } = applying;
  const { source } = connector;
  if (sorted.coupons.length > 0) {
    const coupons = sorted.coupons.flatMap(({ value }) => (value === undefined ? [] : [value]));
    const removed = sorted.coupons.flatMap(({ id, atMs, value }) => (value === undefined ? [{ id, atMs }] : []));
    await ports.coupons?.takeCoupons(ctx, { source, coupons, removed });
  }
  if (sorted.honoured.length > 0) {
    const honoured = sorted.honoured.map(({ orderId, who, ...one }) => ({
      ...one,
      ...{ order: { source, id: orderId }, channel: settings.channel, who: whoOf(who, settings) },
    }));
    await ports.coupons?.takeHonoured(ctx, honoured);
  }
  for (const { topic, payload } of sorted.compliance) {
    const request = { connectorId: connector.id, source, topic, payload };
    await ports.compliance.take(ctx, { ...request, matchCustomerId: settings.matchCustomerIds });
  }
  if (!sorted.isUninstalled) return;
  await endConnector(ctx.sql, ctx.workspaceId, { id: connector.id, at: new Date(ctx.clock.now()) });
}
