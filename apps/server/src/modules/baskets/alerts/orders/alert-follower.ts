import { keptOf, type OrderChange, type OrderFollower } from '../../../orders/index.ts';
import { DAY_MS, readAlertSettings } from '../settings.ts';
import { type Bought, convertAlerts, unconvertAlerts } from './conversion-store.ts';

/**
 * Whoever bought what she was told of bought for it, within the workspace's days; whoever bought what she waits for need not hear
 * of it any more. An order that is cancelled was no purchase.
 */
export const alertFollower: OrderFollower = {
  name: 'alerts',
  async follow({ sql, workspaceId, now }, changes) {
    const bought = changes.flatMap(boughtBy);
    if (bought.length > 0) {
      const { attributionDays } = await readAlertSettings(sql, workspaceId);
      await convertAlerts(sql, workspaceId, { bought, windowMs: attributionDays * DAY_MS, at: new Date(now) });
    }
    const cancelled = changes.filter(isCancelling).map(({ after }) => after.id);
    if (cancelled.length > 0) await unconvertAlerts(sql, workspaceId, cancelled);
  },
};

/** Variants of an order that has just become a customer's. Pure. */
function boughtBy({ before, after }: OrderChange): Bought[] {
  const { profileId, id: orderId, placedAtMs } = after;
  if (profileId === null || !after.isAccepted || after.isTest || after.standing === 'cancelled') return [];
  if (before?.isAccepted === true && before.profileId === profileId) return [];
  const kept = after.lines.filter((line) => keptOf(line) > 0).flatMap(({ variantId }) => variantId ?? []);
  return [...new Set(kept)].map((variantId) => ({ profileId, variantId, orderId, placedAt: new Date(placedAtMs) }));
}

function isCancelling({ before, after }: OrderChange): boolean {
  return after.standing === 'cancelled' && before !== undefined && before.standing !== 'cancelled';
}
