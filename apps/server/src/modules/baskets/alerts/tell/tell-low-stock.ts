import { holdActive, markTold } from '../alert-store.ts';
import { plentyFrom } from '../edges/decide-low.ts';
import { type Customer, pageCustomers } from './page-customers.ts';
import type { Holder } from '../ports.ts';
import { countAvailable, isForSale, readProperties } from './read-product.ts';
import { tellCustomers } from './tell-customers.ts';
import type { Outcome, Telling } from './telling.ts';
import { readLastTellings } from './telling-store.ts';

/** Tells a page of those who asked, or have it in a cart or on a wish list, that there is little left: as long as there is. */
export async function tellLowStock(telling: Telling): Promise<Outcome> {
  const { batch, run, settings, ports } = telling;
  const { sql, workspaceId } = batch;
  if (!(await isForSale(sql, workspaceId, run.variantId))) return undefined;
  const available = await countAvailable(sql, workspaceId, run);
  if (available <= 0 || available >= plentyFrom(settings.lowStock)) return undefined;
  const { carts } = ports;
  const { customers, next } = await pageCustomers(
    telling,
    carts && ((asked) => carts.profilesHolding(sql, workspaceId, asked)),
  );
  await tellThese(telling, { customers, available });
  return next;
}

async function tellThese(
  { batch, run }: Telling,
  { customers, available }: { customers: readonly Customer<Holder>[]; available: number },
): Promise<void> {
  const { sql, workspaceId } = batch;
  const { variantId, type, edge } = run;
  await batch.lock(customers.map(({ profileId }) => profileId));
  const held = await holdActive(
    sql,
    workspaceId,
    customers.flatMap(({ alert }) => alert ?? []),
  );
  const last = await readLastTellings(
    sql,
    workspaceId,
    customers.map(({ profileId }) => ({ profileId, variantId, type })),
  );
  // Who asked and holds it, or was merged into somebody between two pages, has heard of this edge.
  const heard = new Set(last.filter((one) => one.edge === edge).map((one) => one.profileId));
  const theirs = customers.filter(
    ({ profileId, alert }) =>
      batch.subjects.has(profileId) && !heard.has(profileId) && (alert === undefined || held.has(alert.id)),
  );
  const channelOf = ({ alert }: Customer<Holder>) => ({ channel: alert?.channel ?? 'web', currency: null });
  const propertiesOf = await readProperties(sql, workspaceId, {
    variantId,
    shown: theirs.map(channelOf),
    atMs: batch.now,
  });
  const news = theirs.map((one) => ({
    ...{ alertId: one.alert?.id ?? null, profileId: one.profileId, node: one.node, ...channelOf(one) },
    ...{ priceMinor: null, dueAt: null, round: 0 },
    properties: { ...propertiesOf(channelOf(one)), inventory_quantity: available },
  }));
  await tellCustomers(batch, run, news);
  const told = theirs.flatMap(({ alert }) => alert ?? []);
  await markTold(sql, workspaceId, {
    told: told.map(({ id }) => ({ id })),
    edge,
    isOver: true,
    at: new Date(batch.now),
  });
}
