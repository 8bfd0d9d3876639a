import { toDecimal } from '../twin/decimal.ts';
import { dates, links, presentAddress } from './present-woo.ts';
import type { WooIdentity } from './woo-shop.ts';
import { orderTotals, type WooOrder, type WooOrderLine, type WooRefund } from './woo-state.ts';

/** An order as webhooks and the REST API v3 say it. */
export function presentOrder(identity: WooIdentity, order: WooOrder): object {
  const { id, status, email, address } = order;
  const money = (minor: number): string => toDecimal(minor, identity.currency);
  const totals = orderTotals(order);
  const billing = presentAddress(address, { email });
  return {
    ...{
      id,
      parent_id: 0,
      number: String(id),
      order_key: order.orderKey,
      created_via: order.createdVia,
      version: '10.4.2',
    },
    ...{ status, currency: identity.currency, ...dates(identity, 'date_created', order.createdAtMs) },
    ...dates(identity, 'date_modified', order.modifiedAtMs),
    ...{
      discount_total: money(totals.discountMinor),
      discount_tax: money(0),
      shipping_total: money(order.shippingMinor),
    },
    ...{ shipping_tax: money(0), cart_tax: money(totals.taxMinor), total: money(totals.totalMinor) },
    ...{ total_tax: money(totals.taxMinor), prices_include_tax: false, customer_id: order.customerId },
    ...{
      customer_ip_address: '',
      customer_user_agent: '',
      customer_note: '',
      billing,
      shipping: presentAddress(address),
    },
    ...{ payment_method: 'bacs', payment_method_title: 'Direct Bank Transfer', transaction_id: '' },
    ...dates(identity, 'date_paid', order.paidAtMs),
    ...dates(identity, 'date_completed', order.completedAtMs),
    cart_hash: '',
    meta_data: Object.entries(order.meta).map(([key, value], at) => ({ id: id * 100 + at, key, value })),
    line_items: order.lines.map((line) => presentLine(identity, line)),
    tax_lines: totals.taxMinor === 0 ? [] : [taxLine(identity, { id, minor: totals.taxMinor })],
    shipping_lines: [
      {
        ...{ id: id * 10 + 1, method_title: 'Flat Rate', method_id: 'flat_rate', total: money(order.shippingMinor) },
        ...{ total_tax: money(0), taxes: [], meta_data: [] },
      },
    ],
    fee_lines: [],
    coupon_lines:
      order.coupon === undefined
        ? []
        : [
            {
              ...{ id: id * 10 + 2, code: order.coupon.code, discount: money(order.coupon.discountMinor) },
              ...{ discount_tax: money(0), meta_data: [] },
            },
          ],
    refunds: order.refunds.map((refund) => ({
      id: refund.id,
      reason: refund.reason,
      total: money(-refund.amountMinor),
    })),
    payment_url: `${identity.siteUrl}/checkout/order-pay/${id}/?pay_for_order=true&key=${order.orderKey}`,
    ...{
      is_editable: status === 'pending' || status === 'on-hold',
      needs_payment: status === 'pending',
      needs_processing: true,
    },
    _links: links(identity, `orders/${id}`),
  };
}

function taxLine(identity: WooIdentity, { id, minor }: { id: number; minor: number }): object {
  return {
    ...{ id: id * 10 + 3, rate_code: 'STATE TAX', rate_id: 75, label: 'State Tax', compound: false },
    ...{ tax_total: toDecimal(minor, identity.currency), shipping_tax_total: '0.00', meta_data: [] },
  };
}

function presentLine({ currency, taxHundredths }: WooIdentity, line: WooOrderLine): object {
  const money = (minor: number): string => toDecimal(minor, currency);
  const subtotalTax = Math.round((line.subtotalMinor * taxHundredths) / 10_000);
  const taxes = line.taxMinor === 0 ? [] : [{ id: 75, total: money(line.taxMinor), subtotal: money(subtotalTax) }];
  return {
    ...{ id: line.id, name: line.name, product_id: line.productId, variation_id: line.variationId },
    ...{
      quantity: line.quantity,
      tax_class: '',
      subtotal: money(line.subtotalMinor),
      subtotal_tax: money(subtotalTax),
    },
    ...{ total: money(line.totalMinor), total_tax: money(line.taxMinor), taxes, meta_data: [], sku: line.sku },
    // A number, and not always a round one.
    price: Number(money(line.totalMinor)) / line.quantity,
  };
}

/** `GET /orders/<id>/refunds`; what came back is negative there. */
export function presentRefund(identity: WooIdentity, order: WooOrder, refund: WooRefund): object {
  const path = `orders/${order.id}/refunds/${refund.id}`;
  return {
    ...{ id: refund.id, ...dates(identity, 'date_created', refund.createdAtMs) },
    ...{ amount: toDecimal(refund.amountMinor, identity.currency), reason: refund.reason, refunded_by: 1 },
    ...{ refunded_payment: true, meta_data: [] },
    line_items: refund.lines.map(({ id, line, quantity }) => {
      const total = Math.round((line.totalMinor * quantity) / line.quantity);
      return {
        ...{ id, name: line.name, product_id: line.productId, variation_id: line.variationId, quantity: -quantity },
        ...{ tax_class: '', subtotal: toDecimal(-total, identity.currency), subtotal_tax: '0.00' },
        ...{ total: toDecimal(-total, identity.currency), total_tax: '0.00', taxes: [] },
        meta_data: [{ id: id * 10, key: '_refunded_item_id', value: String(line.id) }],
        ...{ sku: line.sku, price: Number(toDecimal(line.totalMinor, identity.currency)) / line.quantity },
      };
    }),
    ...{ shipping_lines: [], tax_lines: [], fee_lines: [], _links: links(identity, path, `orders/${order.id}`) },
  };
}
