import type { LifecycleSettings } from '@segue/contract';

/** How stages are told before anybody said it. */
export const LIFECYCLE_DEFAULTS: LifecycleSettings = {
  order: { event: 'Order Completed' },
  atRiskAfter: { days: 90 },
  lapsedAfter: { days: 180 },
  wonBackFor: { days: 30 },
  loyalOrders: 4,
  loyalWithin: { days: 365 },
};
