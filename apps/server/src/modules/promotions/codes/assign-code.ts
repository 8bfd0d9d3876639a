import { AppError } from '../../../platform/errors.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { insertExceptions } from '../exceptions/exception-store.ts';
import { countFreeCodes, findPool, setPoolLow } from '../pools/pool-store.ts';
import { type CouponBatch } from '../coupon-batch.ts';
import { noteCoupons } from '../profiles/note-coupons.ts';
import {
  findAssigned,
  findSharedCode,
  insertAssignments,
  lockIntent,
  type TakenCode,
  takeFreeCode,
} from './assignment-store.ts';

export interface AssignWish {
  readonly campaignId: string;
  readonly profileId: string;
  /** The identity node it is filed under. */
  readonly node: number;
  /** What it is for: the same intent gets the same code. */
  readonly intent: string;
}

export interface AssignedCode {
  readonly codeId: string;
  readonly code: string;
  readonly expiresAt: Date | null;
  readonly isRepeat: boolean;
}

/** Gives a customer the oldest free code of a campaign, or its shared one; undefined: there is none left. */
export async function assignCode(batch: CouponBatch, wish: AssignWish): Promise<AssignedCode | undefined> {
  const { sql, workspaceId, now } = batch;
  const { campaignId, profileId, node, intent } = wish;
  await lockIntent(sql, workspaceId, wish);
  const known = await findAssigned(sql, workspaceId, wish);
  if (known !== undefined) return assignedOf(known, true);
  const at = new Date(now);
  const shared = await findSharedCode(sql, workspaceId, campaignId);
  const taken = shared ?? (await takeFreeCode(sql, workspaceId, { campaignId, now: at }));
  if (taken === undefined) return undefined;
  const assignments = [{ campaignId, codeId: taken.id, intent, profileId, node }];
  await insertAssignments(sql, workspaceId, { assignments, at });
  if (shared === undefined) await noteLow(batch, { campaignId, poolId: taken.pool_id });
  await noteCoupons(batch, [profileId]);
  return assignedOf(taken, false);
}

function assignedOf({ id, code, expires_at: expiresAt }: TakenCode, isRepeat: boolean): AssignedCode {
  return { codeId: id, code, expiresAt, isRepeat };
}

/** That a pool runs low is told once, until it is filled again. */
async function noteLow(batch: CouponBatch, asked: { campaignId: string; poolId: string }): Promise<void> {
  const { sql, workspaceId, now } = batch;
  const pool = await findPool(sql, workspaceId, asked.poolId);
  if (pool === undefined || pool.is_low || pool.low_watermark === null) return;
  const free = await countFreeCodes(sql, workspaceId, { ...asked, most: pool.low_watermark + 1 });
  if (free > pool.low_watermark || !(await setPoolLow(sql, workspaceId, { id: pool.id, isLow: true }))) return;
  await insertExceptions(sql, workspaceId, [
    {
      id: newUuid(now),
      kind: 'pool_low',
      campaign_id: asked.campaignId,
      ...{ code_id: null, redemption_id: null, profile_id: null, node: null, amount_minor: null, currency: null },
      detail: { poolId: publicId('cpl', pool.id), free },
      dedupe_key: null,
      at: new Date(now),
    },
  ]);
}

export function noCodeLeft(): AppError {
  return new AppError('conflict', 'The campaign has no code left to give', {
    details: [{ field: 'id', message: 'generate or import codes, then try again' }],
  });
}
