import { createHash } from 'node:crypto';
import { amountInMain, type CouponRefusal } from '@segue/contract';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { ensureOwnSource } from '../../accounts/index.ts';
import { announce, type Announcement, type Who } from '../../events/index.ts';
import { listIdentifiers } from '../../profiles/index.ts';

/** What happened to a coupon in a customer's cart. */
export interface CouponNews {
  readonly event: 'Coupon Applied' | 'Coupon Removed' | 'Coupon Denied';
  /** Undefined: there is no such code. */
  readonly couponId: string | undefined;
  readonly campaignId: string | undefined;
  readonly code: string;
  readonly name: string | undefined;
  readonly discount?: { readonly amountMinor: number; readonly currency: string };
  readonly reason?: CouponRefusal;
}

/** Says of a known customer what became of coupons in her cart, as Segment's events have it. */
export async function tellCoupons(
  ctx: TxCtx,
  { profileId, cartRef }: { profileId: string | null; cartRef: string },
  news: readonly CouponNews[],
): Promise<void> {
  if (profileId === null || news.length === 0) return;
  const who = await whoIs(ctx, profileId);
  if (who === undefined) return;
  const nowMs = ctx.clock.now();
  const announcements = news.map((one): Announcement => ({
    type: 'track',
    event: one.event,
    messageId: messageIdOf(one, cartRef, nowMs),
    occurredAtMs: nowMs,
    properties: propertiesOf(one, cartRef),
    who,
  }));
  await announce(ctx, await ensureOwnSource(ctx, 'shop'), announcements);
}

function messageIdOf({ event, code }: CouponNews, cartRef: string, nowMs: number): string {
  const place = createHash('sha256')
    .update(JSON.stringify([cartRef, code]))
    .digest('hex')
    .slice(0, 32);
  return `cpn-${place}-${event.slice('Coupon '.length).toLowerCase()}-${nowMs}`;
}

function propertiesOf({ couponId, campaignId, code, name, discount, reason }: CouponNews, cartRef: string): JsonObject {
  return {
    cart_id: cartRef,
    coupon: code,
    ...(couponId !== undefined && { coupon_id: publicId('cpn', couponId) }),
    ...(campaignId !== undefined && { campaign_id: publicId('cpc', campaignId) }),
    ...(name !== undefined && { coupon_name: name }),
    ...(discount !== undefined && {
      discount: amountInMain(discount.amountMinor, discount.currency),
      currency: discount.currency,
    }),
    ...(reason !== undefined && { reason }),
  };
}

/** By one identifier, the strongest: more would join what is not one. */
async function whoIs(ctx: TxCtx, profileId: string): Promise<Who | undefined> {
  const [strongest] = await listIdentifiers(ctx, profileId);
  if (strongest === undefined) return undefined;
  const { kind, value } = strongest;
  if (kind === 'userId' || kind === 'anonymousId' || kind === 'email' || kind === 'phone') return { [kind]: value };
  return { externalIds: [{ id: value, type: kind }] };
}
