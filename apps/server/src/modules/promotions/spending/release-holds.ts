import type { CouponBatch } from '../coupon-batch.ts';
import { endHolds, forgetHolds, type HoldRow, lockHolds } from './hold-store.ts';
import { usesOf } from './hold-coupons.ts';
import { openLedger, saveLedger } from './open-ledger.ts';

/** Lets go of what owners hold; answers what that was. Of who holds nothing nothing changes. */
export async function releaseHolds(batch: CouponBatch, ownerRefs: readonly string[]): Promise<HoldRow[]> {
  const holds = await lockHolds(batch.sql, batch.workspaceId, ownerRefs);
  const held = holds.filter((hold) => hold.state === 'held');
  await giveBack(batch, held, 'released');
  // It will not be paid any more: what had expired is not taken again either.
  const expired = holds.filter(({ state }) => state === 'expired').map((hold) => hold.owner_ref);
  await forgetHolds(batch.sql, batch.workspaceId, expired);
  return held;
}

/** Gives back what locked holds took, each use once. */
export async function giveBack(
  batch: CouponBatch,
  holds: readonly HoldRow[],
  state: 'released' | 'expired',
): Promise<void> {
  if (holds.length === 0) return;
  const { sql, workspaceId, now } = batch;
  const uses = holds.flatMap(usesOf);
  const ledger = await openLedger(sql, workspaceId, uses);
  for (const use of uses) ledger.giveBack(use, 'held');
  await saveLedger(sql, workspaceId, ledger);
  await endHolds(sql, workspaceId, { ownerRefs: holds.map((hold) => hold.owner_ref), state, at: new Date(now) });
}
