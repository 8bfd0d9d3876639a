import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { instantOf, objectOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import { readAmount } from '../read-amount.ts';
import type { ShopCoupon } from '../records.ts';

/**
 * A price rule (REST Admin API "PriceRule"): the terms that its discount codes share. Its title stands for the code until a
 * discount code says its own.
 */
export function readShopifyPriceRule(payload: Json, context: NormaliseContext): ShopCoupon {
  const given = requireObject(payload, 'the price rule');
  const rule = objectOf(given['price_rule']) ?? given;
  const id = requireId(rule['id'], 'the price rule');
  const isPercent = rule['value_type'] === 'percentage';
  const value = Math.abs(Number(rule['value'] ?? 0));
  const minimum = objectOf(rule['prerequisite_subtotal_range'])?.['greater_than_or_equal_to'];
  const { currency } = context.settings;
  return {
    ...termsOf(rule, context),
    id,
    code: textOf(rule['title']) ?? id,
    kind: kindOf(rule, isPercent),
    value: isPercent ? Math.round(value * 100) : (readAmount(String(value), currency) ?? 0),
    scope: rule['target_selection'] === 'entitled' ? 'line' : 'order',
    minimumMinor: readAmount(minimum, currency),
    usageLimit: wholeOf(rule['usage_limit']),
    usageLimitPerCustomer: rule['once_per_customer'] === true ? 1 : undefined,
    used: 0,
  };
}

/** A discount code (REST Admin API "DiscountCode"): a code of a price rule, without the terms. */
export function readShopifyDiscountCode(payload: Json, context: NormaliseContext): ShopCoupon {
  const given = requireObject(payload, 'the discount code');
  const code = objectOf(given['discount_code']) ?? given;
  const id = requireId(code['id'], 'the discount code');
  return {
    ...termsOf(code, context),
    id,
    code: textOf(code['code']) ?? id,
    kind: 'amount',
    value: 0,
    scope: 'order',
    minimumMinor: undefined,
    usageLimit: undefined,
    usageLimitPerCustomer: undefined,
    used: wholeOf(code['usage_count']) ?? 0,
  };
}

function kindOf(rule: JsonObject, isPercent: boolean): ShopCoupon['kind'] {
  if (rule['target_type'] === 'shipping_line') return 'free_shipping';
  return isPercent ? 'percent' : 'amount';
}

function termsOf(of: JsonObject, context: NormaliseContext) {
  return {
    atMs: instantOf(of['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs,
    startsAtMs: instantOf(of['starts_at']),
    expiresAtMs: instantOf(of['ends_at']),
    isIndividual: true,
    excludesSale: false,
    emails: [] as readonly string[],
  };
}
