import { toDecimal } from '../twin/decimal.ts';
import { instantText } from './instant.ts';
import {
  currentTotalsOf,
  financialStatusOf,
  fulfillableOf,
  fulfilmentStatusOf,
  paidOf,
  refundedOf,
  totalsOf,
} from './order-money.ts';
import { presentAddress, presentCustomer } from './present-customer.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import type {
  ShopifyFulfilment,
  ShopifyOrder,
  ShopifyOrderLine,
  ShopifyRefund,
  ShopifyTransaction,
} from './shopify-state.ts';
import type { ShopifyObject } from './write-json.ts';

/** An amount as the `…_set` fields say it. */
function set(minor: number, currency: string): ShopifyObject {
  const money = { amount: toDecimal(minor, currency), currency_code: currency };
  return { shop_money: money, presentment_money: money };
}

const idOrNull = (id: string | undefined): bigint | null => (id === undefined ? null : BigInt(id));

/** An order as webhooks and the REST Admin API say it. */
export function presentOrder(shop: ShopifyShop, order: ShopifyOrder): ShopifyObject {
  const { utcOffsetMinutes } = shop.identity;
  const at = (ms: number | undefined): string | null => (ms === undefined ? null : instantText(ms, utcOffsetMinutes));
  const customer = order.customerId === undefined ? undefined : shop.state.customers.get(order.customerId);
  const address = order.address === undefined ? undefined : presentAddress(order.address);
  return {
    ...{ id: BigInt(order.id), admin_graphql_api_id: `gid://shopify/Order/${order.id}`, app_id: 580111n },
    ...{ browser_ip: null, buyer_accepts_marketing: false, cancel_reason: order.cancelReason ?? null },
    ...{ cancelled_at: at(order.cancelledAtMs), cart_token: order.cartToken ?? null, checkout_id: null },
    ...{ checkout_token: order.checkoutToken ?? null, closed_at: at(order.closedAtMs), confirmed: true },
    ...{ contact_email: order.email ?? null, created_at: at(order.createdAtMs), customer_locale: 'en' },
    ...{ device_id: idOrNull(order.deviceId), email: order.email ?? null, estimated_taxes: false },
    ...{ financial_status: financialStatusOf(order), fulfillment_status: fulfilmentStatusOf(order) },
    ...{ landing_site: null, location_id: idOrNull(order.locationId), merchant_of_record_app_id: null },
    ...{ name: `#${order.number}`, note: null, number: order.number - 1_000, order_number: order.number },
    note_attributes: Object.entries(order.attributes).map(([name, value]) => ({ name, value })),
    ...{
      phone: order.phone ?? null,
      presentment_currency: shop.identity.currency,
      processed_at: at(order.createdAtMs),
    },
    ...{ referring_site: null, source_identifier: null, source_name: order.source, source_url: null, tags: '' },
    ...{ tax_exempt: false, taxes_included: false, test: false, token: order.token, total_weight: 0 },
    ...{ updated_at: at(order.updatedAtMs), user_id: idOrNull(order.staffId) },
    ...moneyOf(shop, order),
    ...discountsOf(shop, order),
    ...(customer !== undefined && { customer: presentCustomer(shop, customer) }),
    billing_address: address ?? null,
    shipping_address: address ?? null,
    fulfillments: order.fulfilments.map((one) => presentFulfilment(shop, order, one)),
    line_items: order.lines.map((line) => presentOrderLine(shop, line)),
    payment_terms: null,
    refunds: order.refunds.map((one) => presentRefund(shop, order, one)),
    shipping_lines: shippingLinesOf(shop, order),
  };
}

function moneyOf(shop: ShopifyShop, order: ShopifyOrder): ShopifyObject {
  const { currency } = shop.identity;
  const money = (minor: number): string => toDecimal(minor, currency);
  const ordered = totalsOf(order);
  const current = currentTotalsOf(order);
  const outstanding =
    order.cancelledAtMs === undefined ? Math.max(0, current.totalMinor - paidOf(order) + refundedOf(order)) : 0;
  return {
    ...{
      currency,
      current_subtotal_price: money(current.subtotalMinor),
      current_total_discounts: money(current.discountMinor),
    },
    ...{ current_total_price: money(current.totalMinor), current_total_tax: money(current.taxMinor) },
    ...{ subtotal_price: money(ordered.subtotalMinor), subtotal_price_set: set(ordered.subtotalMinor, currency) },
    ...{ total_discounts: money(ordered.discountMinor), total_discounts_set: set(ordered.discountMinor, currency) },
    ...{ total_line_items_price: money(ordered.linesMinor), total_outstanding: money(outstanding) },
    ...{ total_price: money(ordered.totalMinor), total_price_set: set(ordered.totalMinor, currency) },
    total_shipping_price_set: set(ordered.shippingMinor, currency),
    ...{
      total_tax: money(ordered.taxMinor),
      total_tax_set: set(ordered.taxMinor, currency),
      total_tip_received: money(0),
    },
    payment_gateway_names: [...new Set(order.transactions.map(({ gateway }) => gateway))],
    tax_lines: ordered.taxMinor === 0 ? [] : [taxLine(shop, ordered.taxMinor)],
  };
}

function taxLine(shop: ShopifyShop, minor: number): ShopifyObject {
  const { currency, taxHundredths } = shop.identity;
  return {
    price: toDecimal(minor, currency),
    rate: taxHundredths / 10_000,
    title: 'State Tax',
    price_set: set(minor, currency),
    channel_liable: false,
  };
}

function discountsOf(shop: ShopifyShop, order: ShopifyOrder): ShopifyObject {
  const { discount } = order;
  if (discount === undefined) return { discount_codes: [], discount_applications: [] };
  const { currency } = shop.identity;
  const amount = toDecimal(totalsOf(order).discountMinor, currency);
  const isPercent = discount.kind === 'percentage';
  return {
    discount_codes: [{ code: discount.code, amount, type: discount.kind }],
    discount_applications: [
      {
        ...{ target_type: 'line_item', type: 'discount_code', target_selection: 'all', allocation_method: 'across' },
        value: isPercent ? (discount.value / 100).toFixed(1) : toDecimal(discount.value, currency),
        ...{ value_type: discount.kind, code: discount.code },
      },
    ],
  };
}

function shippingLinesOf(shop: ShopifyShop, { id, shippingMinor }: ShopifyOrder): ShopifyObject[] {
  const { currency } = shop.identity;
  if (shippingMinor === 0) return [];
  const price = toDecimal(shippingMinor, currency);
  return [
    {
      ...{
        id: BigInt(id) + 1n,
        code: 'Standard',
        discounted_price: price,
        price,
        price_set: set(shippingMinor, currency),
      },
      ...{
        source: 'shopify',
        title: 'Standard',
        tax_lines: [],
        discount_allocations: [],
        phone: null,
        carrier_identifier: null,
      },
    },
  ];
}

function presentOrderLine(shop: ShopifyShop, line: ShopifyOrderLine): ShopifyObject {
  const { currency } = shop.identity;
  const left = fulfillableOf(line);
  const allocations =
    line.discountMinor === 0
      ? []
      : [
          {
            amount: toDecimal(line.discountMinor, currency),
            amount_set: set(line.discountMinor, currency),
            discount_application_index: 0,
          },
        ];
  return {
    ...{ id: BigInt(line.id), admin_graphql_api_id: `gid://shopify/LineItem/${line.id}` },
    ...{ current_quantity: line.quantity - line.refunded, fulfillable_quantity: left, fulfillment_service: 'manual' },
    fulfillment_status: line.fulfilled === 0 ? null : left === 0 ? 'fulfilled' : 'partial',
    ...{ gift_card: false, grams: 200, name: nameOf(line), price: toDecimal(line.priceMinor, currency) },
    ...{ price_set: set(line.priceMinor, currency), product_exists: true, product_id: BigInt(line.productId) },
    ...{
      properties: [],
      quantity: line.quantity,
      requires_shipping: line.requiresShipping,
      sku: line.sku,
      taxable: true,
    },
    ...{ title: line.title, total_discount: toDecimal(0, currency), total_discount_set: set(0, currency) },
    ...{
      variant_id: BigInt(line.variantId),
      variant_inventory_management: 'shopify',
      variant_title: line.variantTitle,
    },
    ...{ vendor: line.vendor, tax_lines: line.taxMinor === 0 ? [] : [taxLine(shop, line.taxMinor)] },
    ...{ duties: [], discount_allocations: allocations },
  };
}

const nameOf = (line: ShopifyOrderLine): string =>
  line.variantTitle === 'Default Title' ? line.title : `${line.title} - ${line.variantTitle}`;

export function presentFulfilment(shop: ShopifyShop, order: ShopifyOrder, one: ShopifyFulfilment): ShopifyObject {
  const { utcOffsetMinutes } = shop.identity;
  const { trackingNumber, trackingCompany = null } = one;
  const url = trackingNumber === undefined ? null : `https://track.example/${trackingNumber}`;
  return {
    ...{ id: BigInt(one.id), order_id: BigInt(order.id), status: 'success', service: 'manual' },
    created_at: instantText(one.createdAtMs, utcOffsetMinutes),
    updated_at: instantText(one.updatedAtMs, utcOffsetMinutes),
    ...{ tracking_company: trackingCompany, shipment_status: one.shipmentStatus ?? null },
    ...{ location_id: BigInt(one.locationId), origin_address: null, email: order.email ?? null },
    line_items: one.lines.flatMap(({ lineId, quantity }) => {
      const line = order.lines.find(({ id }) => id === lineId);
      return line === undefined ? [] : [{ ...presentOrderLine(shop, line), quantity }];
    }),
    ...{
      tracking_number: trackingNumber ?? null,
      tracking_numbers: trackingNumber === undefined ? [] : [trackingNumber],
    },
    ...{ tracking_url: url, tracking_urls: url === null ? [] : [url], receipt: {} },
    ...{ name: `#${order.number}.${order.fulfilments.indexOf(one) + 1}` },
    admin_graphql_api_id: `gid://shopify/Fulfillment/${one.id}`,
  };
}

export function presentFulfilmentEvent(
  shop: ShopifyShop,
  order: ShopifyOrder,
  { fulfilment, id, atMs }: { fulfilment: ShopifyFulfilment; id: string; atMs: number },
): ShopifyObject {
  const at = instantText(atMs, shop.identity.utcOffsetMinutes);
  return {
    ...{ id: BigInt(id), fulfillment_id: BigInt(fulfilment.id), status: fulfilment.shipmentStatus ?? 'confirmed' },
    ...{ message: '', happened_at: at, city: null, province: null, country: null, zip: null, address1: null },
    ...{ latitude: null, longitude: null, shop_id: BigInt(shop.identity.id), created_at: at, updated_at: at },
    ...{ estimated_delivery_at: null, order_id: BigInt(order.id) },
    admin_graphql_api_id: `gid://shopify/FulfillmentEvent/${id}`,
  };
}

export function presentRefund(shop: ShopifyShop, order: ShopifyOrder, one: ShopifyRefund): ShopifyObject {
  const { currency, utcOffsetMinutes } = shop.identity;
  const at = instantText(one.createdAtMs, utcOffsetMinutes);
  return {
    ...{ id: BigInt(one.id), order_id: BigInt(order.id), created_at: at, processed_at: at, note: one.note ?? null },
    ...{ user_id: null, restock: one.lines.some(({ restock }) => restock !== 'no_restock') },
    admin_graphql_api_id: `gid://shopify/Refund/${one.id}`,
    refund_line_items: one.lines.flatMap(({ id, lineId, quantity, restock, locationId, subtotalMinor, taxMinor }) => {
      const line = order.lines.find((candidate) => candidate.id === lineId);
      if (line === undefined) return [];
      return [
        {
          ...{ id: BigInt(id), line_item_id: BigInt(lineId), location_id: idOrNull(locationId), quantity },
          ...{ restock_type: restock, subtotal: Number(toDecimal(subtotalMinor, currency)) },
          ...{ subtotal_set: set(subtotalMinor, currency), total_tax: Number(toDecimal(taxMinor, currency)) },
          ...{ total_tax_set: set(taxMinor, currency), line_item: presentOrderLine(shop, line) },
        },
      ];
    }),
    transactions: one.transactions.map((transaction) => presentTransaction(shop, order, transaction)),
    ...{ order_adjustments: [], duties: [] },
  };
}

export function presentTransaction(shop: ShopifyShop, order: ShopifyOrder, one: ShopifyTransaction): ShopifyObject {
  const { currency, utcOffsetMinutes } = shop.identity;
  const at = instantText(one.createdAtMs, utcOffsetMinutes);
  return {
    ...{ id: BigInt(one.id), order_id: BigInt(order.id), kind: one.kind, gateway: one.gateway, status: 'success' },
    ...{ message: null, created_at: at, test: false, authorization: null, location_id: null, user_id: null },
    ...{ parent_id: null, processed_at: at, device_id: null, error_code: null, source_name: order.source },
    ...{ receipt: {}, amount: toDecimal(one.amountMinor, currency), currency, payment_id: `#${order.number}.1` },
    admin_graphql_api_id: `gid://shopify/OrderTransaction/${one.id}`,
  };
}
