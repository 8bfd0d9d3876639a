import type { CouponBatch } from '../coupon-batch.ts';
import { noteCoupons } from '../profiles/note-coupons.ts';
import type { Use } from './ledger.ts';
import { openLedger, saveLedger } from './open-ledger.ts';
import {
  listRedemptionsOf,
  lockOrders,
  type OrderName,
  type RedemptionRow,
  voidRedemptionRows,
} from './redemption-store.ts';

/**
 * Takes back redemptions of orders, by code if one is meant; each gives exactly one use back, however often it is asked.
 * Answers those that were voided now.
 */
export async function voidRedemptions(
  batch: CouponBatch,
  orders: readonly OrderName[],
  isMeant: (row: RedemptionRow) => boolean = () => true,
): Promise<RedemptionRow[]> {
  await lockOrders(batch.sql, batch.workspaceId, orders);
  return voidLocked(batch, orders, isMeant);
}

/** As `voidRedemptions`, when the orders are locked already. */
export async function voidLocked(
  batch: CouponBatch,
  orders: readonly OrderName[],
  isMeant: (row: RedemptionRow) => boolean,
): Promise<RedemptionRow[]> {
  const { sql, workspaceId, now } = batch;
  const rows = await listRedemptionsOf(sql, workspaceId, { orders, lock: true });
  const voided = rows.filter((row) => row.state !== 'voided' && isMeant(row));
  if (voided.length === 0) return [];
  const counted = voided.filter((row) => row.state === 'redeemed').map(useOfRow);
  const ledger = await openLedger(sql, workspaceId, counted);
  for (const use of counted) ledger.giveBack(use, 'redeemed');
  await saveLedger(sql, workspaceId, ledger);
  await voidRedemptionRows(sql, workspaceId, { ids: voided.map((row) => row.id), at: new Date(now) });
  await noteCoupons(
    batch,
    voided.map((row) => row.profile_id),
  );
  return voided;
}

/** What a redemption took. Pure. */
export function useOfRow(row: RedemptionRow): Use {
  return {
    codeId: row.code_id,
    campaignId: row.campaign_id,
    profileId: row.profile_id,
    amountMinor: row.amount_minor,
    currency: row.currency,
  };
}
