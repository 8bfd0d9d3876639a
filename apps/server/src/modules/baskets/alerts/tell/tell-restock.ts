import { cancelActive, hasWaiting, holdActive, listWaiting, markTold } from '../alert-store.ts';
import { factorHundredths, MINUTE_MS } from '../settings.ts';
import { decideWave, waveSize } from './decide-wave.ts';
import { countAvailable, isForSale, readProperties } from './read-product.ts';
import { tellCustomers } from './tell-customers.ts';
import { type Outcome, type Telling, TOLD_AT_ONCE } from './telling.ts';

/** Of so many who wait the highest ranks are looked for. */
const RANKED_MAX = 2_000;

/**
 * Tells a wave, or a part of it, that it is back: as many as the pieces are worth that are there at this moment. Sold out again:
 * nobody is told, and whoever waits waits on.
 */
export async function tellRestock(telling: Telling): Promise<Outcome> {
  const { batch, run, settings, ports } = telling;
  const { sql, workspaceId } = batch;
  if (!(await isForSale(sql, workspaceId, run.variantId))) return undefined;
  const available = await countAvailable(sql, workspaceId, run);
  // Whatever comes is news that begin anew.
  if (available <= 0) return undefined;
  const factor = factorHundredths(settings);
  const limit = ports.ranks === undefined ? Math.min(TOLD_AT_ONCE, waveSize(available, factor)) : RANKED_MAX;
  const now = new Date(batch.now);
  const alerts = await listWaiting(sql, workspaceId, { ...run, available, now, limit });
  const profileIds = alerts.map(({ profileId }) => profileId);
  const ranks = await ports.ranks?.ranksOf(sql, workspaceId, profileIds);
  const { size, chosen } = decideWave({
    waveLeft: run.waveLeft,
    available,
    factorHundredths: factor,
    waiting: alerts.map((alert) => ({
      alert,
      id: alert.id,
      profileId: alert.profileId,
      pieces: alert.threshold?.value ?? 1,
    })),
    rankOf: (profileId) => ranks?.get(profileId) ?? 0,
  });
  const called = chosen.slice(0, TOLD_AT_ONCE).map(({ alert }) => alert);
  const told = await tellThese(telling, { alerts: called, available });
  if (!(await hasWaiting(sql, workspaceId, { ...run, available, now }))) return undefined;
  const waveLeft = Math.max(0, size - told);
  const wave = run.waveLeft > 0 ? run.wave : run.wave + 1;
  const nextAt = waveLeft > 0 ? now : new Date(batch.now + Math.max(1, settings.waveDelayMinutes) * MINUTE_MS);
  return { ...run, wave, waveLeft, nextAt };
}

async function tellThese(
  { batch, run }: Telling,
  { alerts, available }: { alerts: Awaited<ReturnType<typeof listWaiting>>; available: number },
): Promise<number> {
  const { sql, workspaceId } = batch;
  await batch.lock(alerts.map(({ profileId }) => profileId));
  const held = await holdActive(sql, workspaceId, alerts);
  const theirs = alerts.filter(({ id, profileId }) => held.has(id) && batch.subjects.has(profileId));
  // Nobody's: it would stand before all others.
  const lost = [...held].filter((id) => !theirs.some((alert) => alert.id === id));
  for (const id of lost) await cancelActive(sql, workspaceId, { id, at: new Date(batch.now) });
  if (theirs.length === 0) return 0;
  const properties = await readProperties(sql, workspaceId, {
    variantId: run.variantId,
    shown: [{ channel: run.channel, currency: null }],
    atMs: batch.now,
  });
  const shown = { ...properties({ channel: run.channel, currency: null }), inventory_quantity: available };
  const news = theirs.map(({ id, profileId, node, channel }) => ({
    ...{ alertId: id, profileId, node, channel, priceMinor: null, currency: null, dueAt: null },
    ...{ round: 0, properties: shown },
  }));
  await tellCustomers(batch, run, news);
  // Also whom this edge was told of before: it is over for them.
  await markTold(sql, workspaceId, {
    told: theirs.map(({ id }) => ({ id })),
    edge: run.edge,
    isOver: true,
    at: new Date(batch.now),
  });
  return theirs.length;
}
