import { api } from '@segue/contract';
import type { Routes } from '../../../platform/http/index.ts';
import { reconcile } from './reconcile.ts';
import { createSheet } from './sheet.ts';
import { createVouchers } from './vouchers.ts';

/** Coupons at tills without a connection. */
export const offlineRoutes: Routes = (serve) => {
  serve(api.createCouponSheet, ({ ctx, body }) => createSheet(ctx, body));
  serve(api.createCouponVouchers, ({ ctx, body }) => createVouchers(ctx, body.codes));
  serve(api.reconcileCoupons, async ({ ctx, body }) => ({ results: await reconcile(ctx, body) }));
};
