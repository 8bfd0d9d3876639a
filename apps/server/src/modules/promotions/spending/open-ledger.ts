import type { Sql } from '../../../platform/postgres/index.ts';
import { type CampaignCount, Ledger, type Use } from './ledger.ts';
import {
  type CampaignLimits,
  holdCampaignLimits,
  lockCampaignCounts,
  lockProfileUses,
  readCampaignLimits,
  readCodeCounts,
  readProfileUses,
  saveCounts,
} from './ledger-store.ts';

/** Whose counts are asked for: a use without its amount. */
export type Place = Pick<Use, 'codeId' | 'campaignId' | 'profileId'>;

/**
 * The counts that uses touch, all rows locked until the transaction ends: codes, then what customers used, then campaigns,
 * each in the order of their ids. Whatever has no limit is not counted and locks nothing.
 */
export async function openLedger(sql: Sql, workspaceId: number, places: readonly Place[]): Promise<Ledger> {
  const limits = await holdCampaignLimits(sql, workspaceId, distinct(places.map((place) => place.campaignId)));
  const ids = distinct(places.map((place) => place.codeId));
  const codes = ids.length === 0 ? [] : await readCodeCounts(sql, workspaceId, { ids, lock: true });
  const profiles = await lockProfileUses(sql, workspaceId, pairsOf(places, limits));
  const counted = limits.filter(({ count }) => isCounted(count)).map(({ count }) => count.id);
  const campaigns = counted.length === 0 ? [] : await lockCampaignCounts(sql, workspaceId, counted);
  return new Ledger({ codes, profiles, campaigns });
}

/** The counts as they are just now: to say what would be, not to take anything. */
export async function readLedger(sql: Sql, workspaceId: number, places: readonly Place[]): Promise<Ledger> {
  const limits = await readCampaignLimits(sql, workspaceId, distinct(places.map((place) => place.campaignId)));
  const ids = distinct(places.map((place) => place.codeId));
  const codes = await readCodeCounts(sql, workspaceId, { ids, lock: false });
  const profiles = await readProfileUses(sql, workspaceId, pairsOf(places, limits));
  return new Ledger({ codes, profiles, campaigns: limits.map(({ count }) => count).filter(isCounted) });
}

/** Writes what became of the counts. */
export async function saveLedger(sql: Sql, workspaceId: number, ledger: Ledger): Promise<void> {
  await saveCounts(sql, workspaceId, ledger.changes());
}

function isCounted({ total, budget }: CampaignCount): boolean {
  return total !== null || budget !== null;
}

function pairsOf(places: readonly Place[], limits: readonly CampaignLimits[]) {
  const allowed = new Map(limits.map(({ count, perProfile }) => [count.id, perProfile]));
  const pairs = places.flatMap(({ campaignId, profileId }) => {
    const most = allowed.get(campaignId) ?? null;
    return profileId === null || most === null ? [] : [{ campaignId, profileId, allowed: most }];
  });
  return [...new Map(pairs.map((pair) => [`${pair.campaignId} ${pair.profileId}`, pair])).values()];
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
