import { promiseDate } from '../../../inventory/index.ts';
import { holdActive, markTold } from '../alert-store.ts';
import type { Preorderer } from '../ports.ts';
import { type Customer, pageCustomers } from './page-customers.ts';
import { isForSale, readProperties } from './read-product.ts';
import { type News, tellCustomers } from './tell-customers.ts';
import type { Outcome, Telling } from './telling.ts';
import { readLastTellings } from './telling-store.ts';

/** Tells a page of those who asked or have pre-ordered it of its new date; whoever knows that date already is not told again. */
export async function tellPreorder(telling: Telling): Promise<Outcome> {
  const { batch, run, ports } = telling;
  const { sql, workspaceId } = batch;
  if (!(await isForSale(sql, workspaceId, run.variantId))) return undefined;
  const { preorders } = ports;
  const { customers, next } = await pageCustomers<Preorderer>(
    telling,
    preorders && ((asked) => preorders.profilesWaiting(sql, workspaceId, asked)),
  );
  await tellThese(telling, customers);
  return next;
}

async function tellThese({ batch, run }: Telling, customers: readonly Customer<Preorderer>[]): Promise<void> {
  if (customers.length === 0) return;
  const { sql, workspaceId } = batch;
  const { variantId, type, edge } = run;
  await batch.lock(customers.map(({ profileId }) => profileId));
  const held = await holdActive(
    sql,
    workspaceId,
    customers.flatMap(({ alert }) => alert ?? []),
  );
  const asked = customers.map(({ profileId }) => ({ profileId, variantId, type }));
  const last = new Map((await readLastTellings(sql, workspaceId, asked)).map((one) => [one.profileId, one]));
  const promises = new Map<string, number | null>();
  for (const channel of new Set(customers.flatMap(({ alert }) => alert?.channel ?? []))) {
    promises.set(channel, await promiseDate(sql, workspaceId, { variantId, quantity: 1, channel, nowMs: batch.now }));
  }
  const theirs = customers.flatMap((one) => {
    const { alert, holder, profileId } = one;
    if (!batch.subjects.has(profileId) || (alert !== undefined && !held.has(alert.id))) return [];
    const dueAtMs = alert === undefined ? holder!.dueAtMs : (promises.get(alert.channel) ?? null);
    const told = last.get(profileId);
    const known = told === undefined ? knownBefore(one) : told.dueAt;
    return (known?.getTime() ?? null) === dueAtMs ? [] : [{ ...one, dueAtMs, known }];
  });
  const shownTo = (alert: Customer<Preorderer>['alert']) => ({ channel: alert?.channel ?? 'web', currency: null });
  const shown = theirs.map(({ alert }) => shownTo(alert));
  const propertiesOf = await readProperties(sql, workspaceId, { variantId, shown, atMs: batch.now });
  const news = theirs.map(({ alert, profileId, node, dueAtMs, known }): News => {
    const dueAt = dueAtMs === null ? null : new Date(dueAtMs);
    const dates = { due_at: dueAt?.toISOString() ?? null, due_at_before: known?.toISOString() ?? null };
    return {
      ...{ alertId: alert?.id ?? null, profileId, node, ...shownTo(alert), priceMinor: null, dueAt, round: 0 },
      properties: { ...propertiesOf(shownTo(alert)), ...dates },
    };
  });
  await tellCustomers(batch, run, news);
  const told = theirs.flatMap(({ alert, dueAtMs }) =>
    alert === undefined ? [] : [{ id: alert.id, dueAt: dueAtMs === null ? null : new Date(dueAtMs) }],
  );
  await markTold(sql, workspaceId, { told, edge, isOver: false, at: new Date(batch.now) });
}

/** The date she heard when she asked or ordered. */
function knownBefore({ alert, holder }: Customer<Preorderer>): Date | null {
  if (alert !== undefined) return alert.dueAt;
  const promisedAtMs = holder?.promisedAtMs ?? null;
  return promisedAtMs === null ? null : new Date(promisedAtMs);
}
