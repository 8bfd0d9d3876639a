import type { Json } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { gmtOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import { readAmount } from '../read-amount.ts';
import type { ShopCoupon } from '../records.ts';

/** A coupon of WooCommerce (REST API v3, "Coupons"). A bound of 0.00 is none. */
export function readWooCoupon(payload: Json, context: NormaliseContext): ShopCoupon {
  const coupon = requireObject(payload, 'the coupon');
  const { currency } = context.settings;
  const type = textOf(coupon['discount_type']) ?? 'fixed_cart';
  const isPercent = type === 'percent';
  const amount = readAmount(coupon['amount'], currency) ?? 0;
  const emails = Array.isArray(coupon['email_restrictions']) ? coupon['email_restrictions'] : [];
  return {
    id: requireId(coupon['id'], 'the coupon'),
    atMs: gmtOf(coupon['date_modified_gmt']) ?? context.receivedAtMs,
    code: textOf(coupon['code']) ?? requireId(coupon['id'], 'the coupon'),
    kind: isPercent ? 'percent' : coupon['free_shipping'] === true && amount === 0 ? 'free_shipping' : 'amount',
    value: isPercent ? Math.round(Number(coupon['amount'] ?? 0) * 100) : amount,
    scope: type === 'fixed_product' ? 'line' : 'order',
    minimumMinor: readAmount(coupon['minimum_amount'], currency) || undefined,
    startsAtMs: undefined,
    expiresAtMs: gmtOf(coupon['date_expires_gmt']),
    usageLimit: wholeOf(coupon['usage_limit']) || undefined,
    usageLimitPerCustomer: wholeOf(coupon['usage_limit_per_user']) || undefined,
    used: wholeOf(coupon['usage_count']) ?? 0,
    isIndividual: coupon['individual_use'] === true,
    excludesSale: coupon['exclude_sale_items'] === true,
    emails: emails.flatMap((email) => textOf(email) ?? []),
  };
}
