import { randomUUID } from 'node:crypto';
import type { OrderState } from '../../orders/index.ts';
import { NOW } from './coupon-world.ts';

/** An order as a shop took it, with ten euros of goods. */
export function orderState(fields: Partial<OrderState> = {}): OrderState {
  const sourceOrderId = fields.sourceOrderId ?? randomUUID();
  return {
    ...{ id: randomUUID(), source: 'shopify:one', sourceOrderId, channel: 'shopify', number: sourceOrderId },
    ...{
      locationId: null,
      profileId: null,
      node: null,
      currency: 'EUR',
      placedAtMs: NOW,
      isAccepted: true,
      isTest: false,
      isPreorder: false,
      promisedAtMs: null,
    },
    ...{ payment: 'paid', fulfilment: 'unfulfilled', standing: 'open', cancelledAtMs: null },
    ...{ totalMinor: 900, subtotalMinor: 900, discountMinor: 100, shippingMinor: 0, taxMinor: 0, paidMinor: 900 },
    ...{ refundedMinor: 0, couponCodes: [], pointsRedeemed: 0, cartToken: null, lines: [], version: 1 },
    ...fields,
  };
}
