import { AppError } from '../../../platform/errors.ts';
import { holdProfiles } from '../../profiles/index.ts';
import type { CouponBatch } from '../coupon-batch.ts';
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
  /** The identity node it is filed under; left out: that of her profile. */
  readonly node?: number | undefined;
  /** What it is for: the same intent gets the same code. */
  readonly intent: string;
}

export interface AssignedCode {
  readonly codeId: string;
  readonly code: string;
  readonly expiresAt: Date | null;
  readonly isRepeat: boolean;
}

/** Gives a customer the oldest free code of a campaign, or its shared one; undefined: there is none left, or no such customer. */
export async function assignCode(batch: CouponBatch, wish: AssignWish): Promise<AssignedCode | undefined> {
  const { sql, workspaceId, now } = batch;
  const { campaignId, profileId, intent } = wish;
  const node = wish.node ?? (await nodeOf(batch, profileId));
  if (node === undefined) return undefined;
  await lockIntent(sql, workspaceId, wish);
  const known = await findAssigned(sql, workspaceId, wish);
  if (known !== undefined) return assignedOf(known, true);
  const at = new Date(now);
  const shared = await findSharedCode(sql, workspaceId, campaignId);
  const taken = shared ?? (await takeFreeCode(sql, workspaceId, { campaignId, now: at }));
  if (taken === undefined) return undefined;
  const assignments = [{ campaignId, codeId: taken.id, intent, profileId, node }];
  await insertAssignments(sql, workspaceId, { assignments, at });
  await noteCoupons(batch, [profileId]);
  return assignedOf(taken, false);
}

async function nodeOf(batch: CouponBatch, profileId: string): Promise<number | undefined> {
  const { ofIds } = await holdProfiles(batch, { profileIds: [profileId], identifiers: [] });
  return ofIds[0]?.node;
}

function assignedOf({ id, code, expires_at: expiresAt }: TakenCode, isRepeat: boolean): AssignedCode {
  return { codeId: id, code, expiresAt, isRepeat };
}

export function noCodeLeft(): AppError {
  return new AppError('conflict', 'The campaign has no code left to give', {
    details: [{ field: 'id', message: 'generate or import codes, then try again' }],
  });
}
