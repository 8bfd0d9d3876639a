import type { StockAlert } from '../alert.ts';
import { pageAsked } from '../alert-store.ts';
import type { Holder, HoldersAsked } from '../ports.ts';
import { type Outcome, type Telling, TOLD_AT_ONCE } from './telling.ts';

/** Somebody to tell: who asked, or who holds it. */
export interface Customer<H extends Holder> extends Holder {
  readonly alert: StockAlert | undefined;
  /** As the port answered. */
  readonly holder: H | undefined;
}

/** A page of a run that goes through who asked and then through who holds it, and where it goes on after that. */
export async function pageCustomers<H extends Holder>(
  { batch, run }: Telling,
  listHolders: ((asked: HoldersAsked) => Promise<readonly H[]>) | undefined,
): Promise<{ customers: readonly Customer<H>[]; next: Outcome }> {
  const now = new Date(batch.now);
  const limit = TOLD_AT_ONCE;
  const { variantId, type, afterId } = run;
  if (run.phase === 'asked') {
    const page = await pageAsked(batch.sql, batch.workspaceId, { variantId, type, channel: null, afterId, now, limit });
    const isLast = page.length < limit;
    const place = isLast ? { phase: 'holding' as const, afterId: null } : { afterId: page.at(-1)!.id };
    return {
      customers: page.map((alert) => ({ profileId: alert.profileId, node: alert.node, alert, holder: undefined })),
      next: isLast && listHolders === undefined ? undefined : { ...run, ...place, nextAt: now },
    };
  }
  const page = (await listHolders?.({ variantId, afterProfileId: afterId, limit })) ?? [];
  return {
    customers: page.map((holder) => ({ profileId: holder.profileId, node: holder.node, alert: undefined, holder })),
    next: page.length < limit ? undefined : { ...run, afterId: page.at(-1)!.profileId, nextAt: now },
  };
}
