import type { ShopConsent } from '../customer-record.ts';
import type { ShopOrder, ShopOrderLine, ShopPayment } from '../order-record.ts';
import type { ShopVariant } from '../product-record.ts';
import type { ShopRecord } from '../records.ts';
import { BadRow, type Fields } from './drop-fields.ts';

/**
 * A variant with what it says of its product: `product_id` and `title`, and of the variant `variant_id`, `sku`, `price`,
 * `option:Size` …
 */
export function readProductRow(row: Fields): ShopRecord[] {
  const productId = row.id('product_id');
  const atMs = row.at();
  const options = row.named('option');
  const imageUrl = row.text('image_url');
  const product = {
    ...{ id: productId, atMs, title: row.text('title') ?? missing('title'), description: row.text('description') },
    ...{ vendor: row.text('vendor'), productType: row.text('product_type') },
    status: row.one('status', ['active', 'draft', 'archived']) ?? ('active' as const),
    ...{ url: row.text('url'), tags: row.list('tags'), collections: row.list('collections') },
    options: options.map(([name]) => ({ name, values: [] })),
    media: imageUrl === undefined ? [] : [{ url: imageUrl, alt: undefined, kind: 'image' as const }],
    ...{ rating: undefined, attributes: Object.fromEntries(row.named('attribute')), variants: undefined },
  };
  return [
    { kind: 'product', product },
    { kind: 'variant', productId, atMs, variant: readVariant(row, { productId, options, imageUrl }) },
  ];
}

function readVariant(
  row: Fields,
  of: { productId: string; options: readonly [string, string][]; imageUrl: string | undefined },
): ShopVariant {
  const currency = row.currency();
  return {
    ...{ id: row.maybeId('variant_id') ?? of.productId, sku: row.text('sku'), barcode: row.text('barcode') },
    title: of.options.length === 0 ? undefined : of.options.map(([, value]) => value).join(' / '),
    options: Object.fromEntries(of.options),
    priceMinor: row.amount('price') ?? missing('price'),
    ...{ compareAtMinor: row.amount('compare_at_price'), currency, costMinor: row.amount('cost') },
    requiresShipping: row.flag('requires_shipping') ?? true,
    backorder: row.one('backorder', ['deny', 'continue']) ?? 'deny',
    ...{ imageUrl: of.imageUrl, url: row.text('url'), inventoryItemId: undefined },
  };
}

/** `variant_id` or `sku`, `quantity`, and `location` where there are several. */
export function readLevelRow(row: Fields): ShopRecord[] {
  const variantId = row.maybeId('variant_id');
  const sku = row.maybeId('sku');
  if (variantId === undefined && sku === undefined) throw new BadRow('variant_id', 'is missing, and there is no sku');
  const of = variantId === undefined ? { kind: 'sku' as const, id: sku! } : { kind: 'variant' as const, id: variantId };
  const quantity = row.whole('quantity') ?? missing('quantity');
  return [{ kind: 'level', level: { of, locationId: row.maybeId('location'), quantity, atMs: row.at() } }];
}

/** `email`, `phone`, `first_name`, … and `consent_email`, `consent_sms`: granted or denied, at `consent_at`. */
export function readCustomerRow(row: Fields): ShopRecord[] {
  const email = row.text('email');
  const phone = row.text('phone');
  const loyaltyId = row.maybeId('loyalty_id');
  const id = row.maybeId('customer_id') ?? email ?? phone ?? loyaltyId;
  if (id === undefined) throw new BadRow('email', 'is missing, and there is no customer_id, phone or loyalty_id');
  const atMs = row.at();
  const saidAtMs = row.instant('consent_at') ?? atMs;
  const consents = (['email', 'sms'] as const).flatMap((channel): ShopConsent[] => {
    const status = row.one(`consent_${channel}`, ['granted', 'denied']);
    return status === undefined ? [] : [{ channel, status, atMs: saidAtMs, level: undefined }];
  });
  const firstName = row.text('first_name');
  const lastName = row.text('last_name');
  const traits = {
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    ...Object.fromEntries(row.named('trait')),
  };
  const who = { customerId: row.maybeId('customer_id'), email, phone, anonymousId: undefined, loyaltyId };
  return [{ kind: 'customer', customer: { id, atMs, createdAtMs: row.instant('created_at'), who, traits, consents } }];
}

const PAYMENTS: readonly ShopPayment[] = [
  ...(['pending', 'authorized', 'partially_paid', 'paid'] as const),
  ...(['partially_refunded', 'refunded', 'voided'] as const),
];

/**
 * An order: in NDJSON one object with its `lines`, in CSV one row per line, those of an order one after the other. Amounts that are
 * left out follow from the lines.
 */
export function readOrderRows(rows: readonly Fields[]): ShopRecord[] {
  const row = rows[0]!;
  const currency = row.currency();
  const lines = (row.objects('lines') ?? rows).map((line, at) => readLine(line, { at, currency }));
  const onLines = lines.reduce((sum, line) => sum + line.discountMinor, 0);
  const gross = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0);
  const discountMinor = onLines + (row.amount('discount', currency) ?? 0);
  const [shippingMinor, taxMinor] = [row.amount('shipping', currency) ?? 0, row.amount('tax', currency) ?? 0];
  const subtotalMinor = Math.max(0, gross - discountMinor);
  const totalMinor = row.amount('total', currency) ?? subtotalMinor + shippingMinor + taxMinor;
  const payment = row.one('payment', PAYMENTS) ?? 'paid';
  const placedAtMs = row.instant('placed_at') ?? missing('placed_at');
  const status = row.one('status', ['open', 'fulfilled', 'cancelled']) ?? 'open';
  const atMs = row.at();
  const isTaken = payment === 'paid' || payment === 'partially_refunded' || payment === 'refunded';
  const id = row.id('order_id');
  const order: ShopOrder = {
    ...{ id, atMs, number: row.text('number') ?? id, placedAtMs, currency, channel: row.text('channel') },
    ...{ locationId: row.maybeId('location'), staffId: row.maybeId('staff'), deviceId: undefined },
    who: {
      ...{ customerId: row.maybeId('customer_id'), email: row.text('email'), phone: row.text('phone') },
      ...{ anonymousId: row.text('anonymous_id'), loyaltyId: row.maybeId('loyalty_id') },
    },
    ...{ payment, isAccepted: true, isTest: row.flag('test') ?? false },
    cancelledAtMs: status === 'cancelled' ? (row.instant('cancelled_at') ?? atMs) : undefined,
    ...{ cancelReason: undefined, closedAtMs: undefined },
    totals: {
      ...{ totalMinor, subtotalMinor, discountMinor, shippingMinor, taxMinor },
      paidMinor: row.amount('paid', currency) ?? (isTaken ? totalMinor : 0),
    },
    ...{ couponCodes: row.list('coupons'), pointsRedeemed: row.whole('points') ?? 0 },
    ...{ cartToken: undefined, checkoutToken: undefined, lines, refunds: [], fulfilments: [] },
    ...{ isFulfilled: status === 'fulfilled', shipTo: undefined, billTo: undefined },
  };
  return [{ kind: 'order', order }];
}

function readLine(line: Fields, { at, currency }: { at: number; currency: string }): ShopOrderLine {
  const quantity = line.whole('quantity') ?? missing('quantity');
  if (quantity < 1) throw new BadRow('quantity', 'is less than 1');
  const sku = line.text('sku');
  return {
    id: line.maybeId('line_id') ?? String(at + 1),
    ...{ productId: line.maybeId('product_id'), variantId: line.maybeId('variant_id'), sku },
    ...{ name: line.text('name') ?? sku ?? missing('name'), variantTitle: undefined, brand: line.text('brand') },
    ...{ quantity, cancelled: 0, unitPriceMinor: line.amount('unit_price', currency) ?? missing('unit_price') },
    ...{ discountMinor: line.amount('line_discount', currency) ?? 0, requiresShipping: true },
  };
}

function missing(column: string): never {
  throw new BadRow(column, 'is missing');
}
