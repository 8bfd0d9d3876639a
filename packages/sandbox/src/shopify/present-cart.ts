import { toDecimal } from '../twin/decimal.ts';
import { instantText } from './instant.ts';
import { discountShares } from './order-money.ts';
import { presentAddress, presentCustomer } from './present-customer.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import { getVariant, type ShopifyCart, type ShopifyCartLine, type ShopifyCheckout } from './shopify-state.ts';
import type { ShopifyObject } from './write-json.ts';

/** A cart as webhooks say it: lines and a token, and nobody's name. */
export function presentCart(shop: ShopifyShop, cart: ShopifyCart): ShopifyObject {
  const { utcOffsetMinutes } = shop.identity;
  return {
    ...{ id: cart.token, token: cart.token, note: null },
    line_items: cart.lines.map((line) => presentLine(shop, line)),
    attributes: cart.attributes,
    updated_at: instantText(cart.updatedAtMs, utcOffsetMinutes),
    created_at: instantText(cart.createdAtMs, utcOffsetMinutes),
  };
}

function presentLine(shop: ShopifyShop, { variantId, quantity }: ShopifyCartLine): ShopifyObject {
  const { product, variant } = getVariant(shop.state, variantId);
  const { currency } = shop.identity;
  const price = toDecimal(variant.priceMinor, currency);
  return {
    ...{
      id: BigInt(variantId),
      properties: null,
      quantity,
      variant_id: BigInt(variantId),
      key: `${variantId}:${product.handle}`,
    },
    ...{ discounted_price: price, discounts: [], gift_card: false, grams: 200 },
    line_price: toDecimal(variant.priceMinor * quantity, currency),
    ...{ original_line_price: toDecimal(variant.priceMinor * quantity, currency), original_price: price, price },
    ...{
      product_id: BigInt(product.id),
      sku: variant.sku,
      taxable: true,
      title: product.title,
      total_discount: '0.00',
    },
    ...{ vendor: product.vendor, variant_title: variant.title },
  };
}

/** A checkout as webhooks say it. */
export function presentCheckout(shop: ShopifyShop, checkout: ShopifyCheckout): ShopifyObject {
  const { currency, utcOffsetMinutes, domain } = shop.identity;
  const gross = checkout.lines.map(
    ({ variantId, quantity }) => getVariant(shop.state, variantId).variant.priceMinor * quantity,
  );
  const discount = shop.state.discounts.get(checkout.discountCode?.toUpperCase() ?? '');
  const off = discountShares(discount, gross).reduce((all, one) => all + one, 0);
  const subtotal = gross.reduce((all, one) => all + one, 0) - off;
  const tax = Math.round((subtotal * shop.identity.taxHundredths) / 10_000);
  const money = (minor: number): string => toDecimal(minor, currency);
  const customer = checkout.customerId === undefined ? undefined : shop.state.customers.get(checkout.customerId);
  return {
    ...{ id: BigInt(checkout.id), token: checkout.token, cart_token: checkout.cartToken ?? null },
    ...{ email: checkout.email ?? customer?.email ?? null, phone: checkout.phone ?? null, gateway: null },
    ...{ buyer_accepts_marketing: false, created_at: instantText(checkout.createdAtMs, utcOffsetMinutes) },
    updated_at: instantText(checkout.updatedAtMs, utcOffsetMinutes),
    ...{ landing_site: '/', note: null, note_attributes: [], referring_site: '', shipping_lines: [] },
    ...{ taxes_included: false, total_weight: 0, currency, presentment_currency: currency, customer_locale: 'en' },
    completed_at: checkout.completedAtMs === undefined ? null : instantText(checkout.completedAtMs, utcOffsetMinutes),
    ...{ closed_at: null, user_id: null, location_id: null, source_name: 'web', name: `#${checkout.id}`, source: null },
    line_items: checkout.lines.map((line) => presentLine(shop, line)),
    discount_codes: discount === undefined ? [] : [{ code: discount.code, amount: money(off), type: discount.kind }],
    abandoned_checkout_url: `https://${domain}/${shop.identity.id}/checkouts/${checkout.token}/recover?key=${checkout.id}`,
    ...{ tax_lines: [], total_discounts: money(off), total_line_items_price: money(subtotal + off) },
    ...{
      total_price: money(subtotal + tax),
      total_tax: money(tax),
      subtotal_price: money(subtotal),
      total_duties: null,
    },
    ...(checkout.address !== undefined && { shipping_address: presentAddress(checkout.address) }),
    ...(customer !== undefined && { customer: presentCustomer(shop, customer) }),
  };
}
