import { newUuid } from '../../../platform/ids/index.ts';
import type { HoldRow } from './hold-store.ts';
import type { Use } from './ledger.ts';
import type { RedemptionRow } from './redemption-store.ts';

/** A use of a hold that is redeemed now, for the order the hold is committed to. Pure but for its id. */
export function redemptionOf(
  { now }: { readonly now: number },
  hold: Omit<HoldRow, 'workspace_id'>,
  use: Use,
): RedemptionRow & { state: 'redeemed' } {
  const { order_source: orderSource, order_ref: orderRef } = hold;
  if (orderSource === null || orderRef === null) throw new Error('a hold without an order cannot be redeemed');
  return {
    id: newUuid(now),
    code_id: use.codeId,
    campaign_id: use.campaignId,
    version: hold.codes.find((code) => code.codeId === use.codeId)?.version ?? 1,
    order_source: orderSource,
    order_ref: orderRef,
    channel: hold.channel,
    store: hold.store,
    profile_id: hold.profile_id,
    node: hold.node,
    amount_minor: use.amountMinor,
    currency: use.currency,
    state: 'redeemed',
    redeemed_at: new Date(now),
    voided_at: null,
  };
}
