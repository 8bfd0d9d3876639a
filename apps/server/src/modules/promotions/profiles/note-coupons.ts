import type { CouponBatch } from '../coupon-batch.ts';
import { noteFacts } from '../../profiles/index.ts';

const FACTS = ['$coupons'] as const;

/** Rules about coupons are asked again of these customers. */
export async function noteCoupons(
  batch: Pick<CouponBatch, 'workspaceId' | 'sql' | 'now'>,
  profileIds: readonly (string | null)[],
): Promise<void> {
  const known = [...new Set(profileIds.filter((id) => id !== null))];
  if (known.length > 0) await noteFacts(batch, known, FACTS);
}
