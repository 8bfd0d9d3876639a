import type { Connector, ConnectorSettings, NormaliseContext } from '../connector.ts';
import { NOBODY, type ShopWho } from '../customer-record.ts';
import type { ShopOrder, ShopRefund } from '../order-record.ts';
import { UnfitPayload } from '../payload.ts';
import type { ShopCartLine, ShopRecord } from '../records.ts';
import { type PosCustomer, type PosItem, type PosLine, readPosItem } from './pos-item.ts';

/** A till system: its items come by `/hooks/pos/{id}`, each under the number its device gave it. */
export const posConnector: Connector = {
  kind: 'pos',
  verify: () => ({ kind: 'refused' }),
  normalise: ({ body }, context) => {
    const read = readPosItem(JSON.parse(body.toString('utf8')));
    if (read.kind !== 'item') throw new UnfitPayload(read.message);
    return { kind: 'records', records: recordsOf(read.item, context) };
  },
};

function recordsOf(item: PosItem, context: NormaliseContext): ShopRecord[] {
  const { settings } = context;
  const atMs = Date.parse(item.at);
  switch (item.kind) {
    case 'sale':
      return [
        { kind: 'order', order: saleOf(item, { atMs, settings }) },
        ...customerOf(item.customer, { atMs, settings }),
      ];
    case 'refund':
      return [{ kind: 'refund', orderId: item.saleId, refund: refundOf(item, atMs) }];
    case 'stock_count':
      return item.counts.map(({ variantId, sku, quantity }) => {
        const of =
          variantId === undefined ? { kind: 'sku' as const, id: sku! } : { kind: 'variant' as const, id: variantId };
        return { kind: 'level', level: { of, locationId: item.location, quantity, atMs } };
      });
    case 'customer':
      return customerOf(item, { atMs, settings });
    case 'coupon': {
      const { code, saleId: orderId, amountMinor, currency = settings.currency, customer } = item;
      return [{ kind: 'honoured', honoured: { code, orderId, amountMinor, currency, atMs, who: whoOf(customer) } }];
    }
    case 'cart':
      return [
        {
          kind: 'cart',
          cart: {
            ...{ token: item.token, atMs, currency: item.currency ?? settings.currency, who: whoOf(item.customer) },
            lines: item.lines.map(cartLineOf),
          },
        },
      ];
  }
}

/** Paid and taken along, unless it says otherwise. */
function saleOf(
  sale: Extract<PosItem, { kind: 'sale' }>,
  { atMs, settings }: { atMs: number; settings: ConnectorSettings },
): ShopOrder {
  const lines = sale.lines.map((line, at) => ({
    ...{ id: line.id ?? String(at + 1), productId: line.productId, variantId: line.variantId, sku: line.sku },
    ...{ name: line.name, variantTitle: undefined, brand: undefined, quantity: line.quantity, cancelled: 0 },
    ...{ unitPriceMinor: line.unitPriceMinor, discountMinor: line.discountMinor, requiresShipping: false },
  }));
  const onLines = lines.reduce((sum, line) => sum + line.discountMinor, 0);
  const gross = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0);
  const discountMinor = onLines + sale.discountMinor;
  const subtotalMinor = Math.max(0, gross - discountMinor);
  const totalMinor = subtotalMinor + sale.taxMinor;
  const paidMinor = Math.min(sale.paidMinor ?? totalMinor, totalMinor);
  return {
    ...{ id: sale.id, atMs, number: sale.number ?? sale.id, placedAtMs: atMs, channel: undefined },
    ...{ currency: sale.currency ?? settings.currency, locationId: sale.location, staffId: sale.staff },
    ...{ deviceId: undefined, who: whoOf(sale.customer), isAccepted: true, isTest: false },
    payment: paidMinor >= totalMinor ? 'paid' : paidMinor > 0 ? 'partially_paid' : 'pending',
    ...{ cancelledAtMs: undefined, cancelReason: undefined, closedAtMs: atMs },
    totals: { totalMinor, subtotalMinor, discountMinor, shippingMinor: 0, taxMinor: sale.taxMinor, paidMinor },
    ...{ couponCodes: sale.coupons, pointsRedeemed: sale.pointsRedeemed },
    ...{ cartToken: sale.cart, checkoutToken: undefined, lines, refunds: [], fulfilments: [], isFulfilled: true },
    ...{ shipTo: undefined, billTo: undefined },
  };
}

function refundOf(refund: Extract<PosItem, { kind: 'refund' }>, atMs: number): ShopRefund {
  const { id, amountMinor, reason, location: locationId } = refund;
  const lines = refund.lines.map((line) => ({ ...line, locationId }));
  return { id, atMs, amountMinor, currency: undefined, reason, lines };
}

/** Somebody at the till who says who she is. Without an id of the till system there is nothing to know her by again. */
function customerOf(
  customer: PosCustomer | undefined,
  { atMs, settings }: { atMs: number; settings: ConnectorSettings },
): ShopRecord[] {
  const id = customer?.id ?? customer?.loyaltyId ?? customer?.email ?? customer?.phone;
  if (customer === undefined || id === undefined) return [];
  const { firstName, lastName, consents = [] } = customer;
  if (firstName === undefined && lastName === undefined && consents.length === 0) return [];
  const traits = { ...(firstName !== undefined && { firstName }), ...(lastName !== undefined && { lastName }) };
  const said = consents.map((consent) => ({ ...consent, atMs, level: settings.channel }));
  return [
    { kind: 'customer', customer: { id, atMs, createdAtMs: undefined, who: whoOf(customer), traits, consents: said } },
  ];
}

function cartLineOf(line: PosLine): ShopCartLine {
  const { productId, variantId, sku, name, quantity, unitPriceMinor: priceMinor } = line;
  const key = line.id ?? variantId ?? sku ?? name;
  return { key, productId, variantId, sku, name, variantTitle: undefined, brand: undefined, quantity, priceMinor };
}

function whoOf(customer: PosCustomer | undefined): ShopWho {
  if (customer === undefined) return NOBODY;
  const { id: customerId, email, phone, loyaltyId } = customer;
  return { customerId, email, phone, anonymousId: undefined, loyaltyId };
}
