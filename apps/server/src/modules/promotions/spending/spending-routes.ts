import { api } from '@segue/contract';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { requirePublicId } from '../../../platform/ids/index.ts';
import { requireProfileId } from '../../profiles/index.ts';
import {
  commitForCart,
  holdForCart,
  redeemForOrder,
  releaseForCart,
  validateCoupons,
  voidForOrder,
} from './coupon-calls.ts';
import { presentRedemption } from './present-redemption.ts';
import { pageRedemptions } from './redemption-store.ts';

/** What becomes of codes in a cart, and after it. */
export const spendingRoutes: Routes = (serve) => {
  serve(api.validateCoupons, ({ ctx, body }) => validateCoupons(ctx, body));
  serve(api.holdCoupons, ({ ctx, body }) => holdForCart(ctx, body));
  serve(api.releaseCoupons, async ({ ctx, body }) => ({ released: await releaseForCart(ctx, body.ownerRef) }));
  serve(api.commitCoupons, ({ ctx, body }) => commitForCart(ctx, body));
  serve(api.redeemCoupons, ({ ctx, body }) => redeemForOrder(ctx, body));
  serve(api.voidCoupons, async ({ ctx, body }) => ({ voided: await voidForOrder(ctx, body) }));

  serve(api.listCouponRedemptions, async ({ ctx, query }) => {
    const { limit, cursor, campaignId, profileId, orderSource, orderRef } = query;
    const key = decodeCursor(cursor, ['uuid'])?.[0];
    const rows = await pageRedemptions(ctx.sql, ctx.workspaceId, {
      campaignId: campaignId === undefined ? null : requirePublicId('cpc', campaignId),
      profileId: profileId === undefined ? null : await requireProfileId(ctx, profileId, 'profileId'),
      orderSource: orderSource ?? null,
      orderRef: orderRef ?? null,
      beforeId: key === undefined ? null : String(key),
      limit: limit + 1,
    });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentRedemption });
  });
};
