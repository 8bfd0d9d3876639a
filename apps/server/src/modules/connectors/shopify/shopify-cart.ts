import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { idOf, instantOf, objectOf, objectsOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import { amountOr0 } from '../read-amount.ts';
import type { CheckoutStep, ShopCart, ShopCartLine, ShopCheckout } from '../records.ts';
import { whoOfShopify } from './shopify-customer.ts';

/** A cart (`carts/create`, `carts/update`): lines and a token, and nobody's name. */
export function readShopifyCart(payload: Json, context: NormaliseContext): ShopCart {
  const cart = requireObject(payload, 'the cart');
  const currency = textOf(cart['currency'])?.toUpperCase() ?? context.settings.currency;
  return {
    token: textOf(cart['token']) ?? requireId(cart['id'], 'the cart'),
    atMs: instantOf(cart['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs,
    currency,
    lines: linesOf(cart, currency),
    who: whoOfShopify(cart),
  };
}

/** A checkout (`checkouts/create`, `checkouts/update`): a cart with a name, and how far it came. */
export function readShopifyCheckout(payload: Json, context: NormaliseContext): ShopCheckout {
  const checkout = requireObject(payload, 'the checkout');
  const currency =
    textOf(checkout['currency'] ?? checkout['presentment_currency'])?.toUpperCase() ?? context.settings.currency;
  const atMs = instantOf(checkout['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs;
  const who = whoOfShopify(checkout);
  return {
    token: textOf(checkout['token']) ?? requireId(checkout['id'], 'the checkout'),
    cartToken: textOf(checkout['cart_token']),
    atMs,
    currency,
    startedAtMs: instantOf(checkout['created_at']) ?? atMs,
    completedAtMs: instantOf(checkout['completed_at']),
    lines: linesOf(checkout, currency),
    who,
    totalMinor: amountOr0(checkout['total_price'], currency),
    taxMinor: amountOr0(checkout['total_tax'], currency),
    discountMinor: amountOr0(checkout['total_discounts'], currency),
    couponCodes: objectsOf(checkout['discount_codes']).flatMap((one) => textOf(one['code']) ?? []),
    steps: stepsOf(checkout, who.email ?? who.phone),
    recoveryUrl: textOf(checkout['abandoned_checkout_url']),
  };
}

function stepsOf(checkout: JsonObject, contact: string | undefined): CheckoutStep[] {
  const steps: CheckoutStep[] = [];
  if (contact !== undefined) steps.push('contact');
  if (objectOf(checkout['shipping_address']) !== undefined) steps.push('address');
  if (objectsOf(checkout['shipping_lines']).length > 0 || objectOf(checkout['shipping_line']) !== undefined)
    steps.push('shipping');
  if (textOf(checkout['completed_at']) !== undefined) steps.push('payment');
  return steps;
}

function linesOf(cart: JsonObject, currency: string): ShopCartLine[] {
  const lines = objectsOf(cart['line_items']).map((line): ShopCartLine => {
    const variantId = idOf(line['variant_id']);
    return {
      key: idOf(line['key']) ?? variantId ?? idOf(line['id']) ?? textOf(line['title']) ?? '',
      productId: idOf(line['product_id']),
      variantId,
      sku: textOf(line['sku']),
      name: textOf(line['title']) ?? '',
      variantTitle: textOf(line['variant_title']),
      brand: textOf(line['vendor']),
      quantity: Math.max(0, wholeOf(line['quantity']) ?? 0),
      priceMinor: amountOr0(line['price'], currency),
    };
  });
  return lines.filter(({ quantity }) => quantity > 0);
}
