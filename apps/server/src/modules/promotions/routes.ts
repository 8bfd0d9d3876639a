import type { Routes } from '../../platform/http/index.ts';
import { campaignRoutes } from './campaigns/campaign-routes.ts';
import { exceptionRoutes } from './exceptions/exception-routes.ts';
import { offlineRoutes } from './offline/offline-routes.ts';
import { poolRoutes } from './pools/pool-routes.ts';
import { spendingRoutes } from './spending/spending-routes.ts';

/** Coupons: campaigns, their codes, and what becomes of these. */
export const couponRoutes: Routes = (serve, app) => {
  campaignRoutes(serve, app);
  poolRoutes(serve, app);
  spendingRoutes(serve, app);
  offlineRoutes(serve, app);
  exceptionRoutes(serve, app);
};
