import type { Services } from '../../../../platform/context.ts';
import type { Transaction } from '../../../../platform/postgres/index.ts';
import { takePriceChanges } from '../../../catalog/index.ts';
import { lastStockSeq, listBundlesOf, listStockNews } from '../../../inventory/index.ts';
import { expireAlerts, takeLooks } from '../alert-store.ts';
import { closeRestocks, isLostRace, lockRestocks, openPages, openPriceDrops, openRestocks } from '../run-store.ts';
import { MINUTE_MS, readAlertSettings } from '../settings.ts';
import { noteLow } from './note-low.ts';
import { readNews } from './read-news.ts';
import { listFollowed, lockReader, moveReader } from './reader-store.ts';

const NEWS_AT_ONCE = 500;
const PRICES_AT_ONCE = 500;
const LOOKS_AT_ONCE = 500;
const EXPIRED_AT_ONCE = 1_000;

/**
 * A round: finds out of stock news and changed prices whom there is something to tell. Each of them is dealt with once, in the
 * transaction that moves on from it. Answers how many it took.
 */
export async function runAlertEdges(services: Services): Promise<number> {
  let taken = 0;
  for (const workspaceId of await listFollowed(services.postgres)) {
    taken += await once(services, (sql, now) => followNews(sql, { workspaceId, now }));
  }
  taken += await once(services, followPrices);
  taken += await once(services, lookAgain);
  taken += await once(services, (sql, now) => expireAlerts(sql, { now, limit: EXPIRED_AT_ONCE }));
  return taken;
}

type Step = (sql: Transaction, now: Date) => Promise<number>;

async function once({ postgres, clock }: Services, step: Step): Promise<number> {
  try {
    return await postgres.transaction((sql) => step(sql, new Date(clock.now())));
  } catch (error) {
    // It was rolled back whole: the next round does it again.
    if (isLostRace(error)) return 1;
    throw error;
  }
}

async function followNews(sql: Transaction, { workspaceId, now }: { workspaceId: number; now: Date }): Promise<number> {
  const afterSeq = await lockReader(sql, workspaceId);
  if (afterSeq === undefined) return 0;
  const news = await listStockNews(sql, workspaceId, { afterSeq, limit: NEWS_AT_ONCE });
  const last = news.at(-1);
  if (last === undefined) return 0;
  const settings = await readAlertSettings(sql, workspaceId);
  const bundles = await listBundlesOf(sql, workspaceId, [...new Set(news.map(({ itemId }) => itemId))]);
  const read = readNews(news, bundles);
  const ofBundles = read.bundles.map((one) => ({ ...one, locationId: null }));
  const openings = [...read.there, ...ofBundles];
  const beginAt = new Date(now.getTime() + settings.settleMinutes * MINUTE_MS);
  const variantIds = [...openings, ...read.gone].map(({ variantId }) => variantId);
  const running = await lockRestocks(sql, workspaceId, [...new Set(variantIds)]);
  await closeRestocks(sql, workspaceId, read.gone);
  // A popular variant's waiting are not gone through with every sale.
  const begun = new Set(running.map(placeOf));
  const edges = openings.filter((one) => ('isEdge' in one && one.isEdge) || !begun.has(placeOf(one)));
  await openRestocks(sql, workspaceId, { openings: edges, now, beginAt });
  // A price that fell while nothing was there is news once it is back.
  const back = [...read.there.filter((one) => one.isEdge && one.locationId === null), ...ofBundles];
  await openPriceDrops(sql, workspaceId, { openings: back, now });
  await openPages(sql, workspaceId, { type: 'preorder', openings: read.due, now });
  await noteLow(sql, workspaceId, { read, lowStock: settings.lowStock, now });
  await moveReader(sql, workspaceId, last.seq);
  return news.length;
}

async function followPrices(sql: Transaction, now: Date): Promise<number> {
  const changes = await takePriceChanges(sql, { at: now, limit: PRICES_AT_ONCE });
  for (const { workspaceId, own } of byWorkspace(changes)) {
    // Also where a price rose or ended: another channel's may count from now on, and be less.
    const openings = own.map(({ variantId, at }) => ({ variantId, edge: at.getTime() }));
    await openPriceDrops(sql, workspaceId, { openings, now });
  }
  return changes.length;
}

/** What came true while an alert was being made was not hers yet: it is looked at once, when the news of then are read. */
async function lookAgain(sql: Transaction, now: Date): Promise<number> {
  const looks = await takeLooks(sql, { now, limit: LOOKS_AT_ONCE });
  for (const { workspaceId, own } of byWorkspace(looks)) {
    const edge = await lastStockSeq(sql, workspaceId);
    const openings = own.map((one) => ({ ...one, edge }));
    const restocks = openings.filter(({ type }) => type === 'restock');
    await openRestocks(sql, workspaceId, { openings: restocks, now, beginAt: now });
    const drops = openings.filter(({ type }) => type === 'price_drop').map((one) => ({ ...one, edge: now.getTime() }));
    await openPriceDrops(sql, workspaceId, { openings: drops, now });
  }
  return looks.length;
}

function placeOf({ variantId, locationId }: { variantId: string; locationId: string | null }): string {
  return `${variantId} ${locationId ?? ''}`;
}

function byWorkspace<T extends { readonly workspaceId: number }>(all: readonly T[]) {
  const ids = [...new Set(all.map(({ workspaceId }) => workspaceId))].sort((a, b) => a - b);
  return ids.map((workspaceId) => ({ workspaceId, own: all.filter((one) => one.workspaceId === workspaceId) }));
}
