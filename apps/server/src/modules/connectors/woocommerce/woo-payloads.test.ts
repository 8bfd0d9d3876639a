import { expect, it } from 'vitest';
import { parseLossless } from '../lossless-json.ts';
import type { ShopRecord } from '../records.ts';
import { bodyOf, CONTEXT, fixture, fixtureJson } from '../testing/fixtures.ts';
import { wooConnector } from './woo-connector.ts';
import { readWooRefund } from './woo-order.ts';
import { readWooVariation } from './woo-product.ts';

function recordsOf(topic: string, body: Buffer): readonly ShopRecord[] {
  const said = wooConnector.normalise({ topic, body }, CONTEXT);
  if (said.kind === 'ignored') throw new Error(said.reason);
  return said.records;
}

it('an order: times of the _gmt fields, exact amounts, entities in names read, a guest by her address', () => {
  const records = recordsOf('order.created', fixture('woocommerce/order.created.json'));
  expect(records).toMatchObject([
    {
      kind: 'order',
      order: {
        id: '727',
        number: '727',
        atMs: Date.UTC(2017, 2, 22, 19, 28, 8),
        placedAtMs: Date.UTC(2017, 2, 22, 19, 28, 2),
        currency: 'USD',
        payment: 'paid',
        isAccepted: true,
        isFulfilled: false,
        checkoutToken: 'wc_order_58d2d042d1d',
        who: { customerId: undefined, email: 'john.doe@example.com', phone: '(555) 555-5555' },
        totals: {
          totalMinor: 2_935,
          subtotalMinor: 1_800,
          shippingMinor: 1_000,
          taxMinor: 135,
          discountMinor: 0,
          paidMinor: 2_935,
        },
        shipTo: {
          name: 'John Doe',
          street: '969 Market',
          city: 'San Francisco',
          region: 'CA',
          postcode: '94103',
          country: 'US',
        },
        lines: [
          {
            id: '315',
            productId: '93',
            variantId: '93',
            name: 'Woo Single #1',
            quantity: 2,
            unitPriceMinor: 300,
            discountMinor: 0,
          },
          {
            id: '316',
            productId: '22',
            variantId: '23',
            sku: 'Bar3',
            name: 'Ship Your Idea – Color: Black, Size: M Test',
            quantity: 1,
            unitPriceMinor: 1_200,
          },
        ],
      },
    },
  ]);
});

it('a completed order is fulfilled and newer', () => {
  expect(recordsOf('order.updated', fixture('woocommerce/order.updated.json'))).toMatchObject([
    {
      order: {
        id: '727',
        atMs: Date.UTC(2017, 2, 22, 19, 30, 35),
        isFulfilled: true,
        closedAtMs: Date.UTC(2017, 2, 22, 19, 30, 35),
      },
    },
  ]);
});

it('an order nobody paid is a checkout; a failed one that never was an order is none', () => {
  const given = fixtureJson('woocommerce/order.created.json');
  const begun = recordsOf('order.created', bodyOf({ ...given, status: 'pending', date_paid_gmt: null }));
  expect(begun).toMatchObject([
    { kind: 'checkout', checkout: { token: 'wc_order_58d2d042d1d', totalMinor: 2_935, steps: ['contact'] } },
    { kind: 'order', order: { isAccepted: false, payment: 'pending', totals: { paidMinor: 0 } } },
  ]);
  const failed = recordsOf('order.updated', bodyOf({ ...given, status: 'failed', date_paid_gmt: null }));
  expect(failed).toMatchObject([{ order: { isAccepted: false, payment: 'voided', cancelReason: 'payment failed' } }]);
  const onHold = recordsOf('order.updated', bodyOf({ ...given, status: 'on-hold', date_paid_gmt: null }));
  expect(onHold).toMatchObject([{ order: { isAccepted: true, payment: 'pending' } }]);
});

it('refunds: what the order says of them, and their lines when they are asked for', () => {
  const given = fixtureJson('woocommerce/order.updated.json');
  const order = recordsOf('order.updated', bodyOf({ ...given, refunds: [{ id: 726, reason: '', total: '-10.00' }] }));
  expect(order).toMatchObject([
    { order: { payment: 'partially_refunded', refunds: [{ id: '726', amountMinor: 1_000, lines: [] }] } },
  ]);
  const refund = parseLossless(fixture('woocommerce/order_refund.created.json').toString('utf8'));
  expect(readWooRefund(refund, CONTEXT)).toMatchObject({
    id: '726',
    amountMinor: 1_000,
    atMs: Date.UTC(2017, 2, 21, 20, 7, 11),
    reason: undefined,
    lines: [],
  });
});

it('a product is its own variant; its stock counts where the shop counts it', () => {
  const given = fixtureJson('woocommerce/product.created.json');
  expect(recordsOf('product.created', bodyOf(given))).toMatchObject([
    {
      kind: 'product',
      product: {
        id: '794',
        title: 'Premium Quality',
        status: 'active',
        collections: ['Clothing', 'T-shirts'],
        url: 'https://example.com/product/premium-quality-19/',
        rating: undefined,
        media: [{ url: 'https://example.com/wp-content/uploads/2017/03/T_2_front-4.jpg' }, {}],
        attributes: { related_ids: ['53', '40', '56', '479', '99'] },
        variants: [{ id: '794', sku: undefined, priceMinor: 2_199, compareAtMinor: undefined, backorder: 'deny' }],
      },
    },
  ]);
  const counted = {
    ...given,
    manage_stock: true,
    stock_quantity: 7,
    sale_price: '10.00',
    price: '10.00',
    backorders_allowed: true,
  };
  expect(recordsOf('product.updated', bodyOf(counted))).toMatchObject([
    { product: { variants: [{ priceMinor: 1_000, compareAtMinor: 2_199, backorder: 'continue' }] } },
    { kind: 'level', level: { of: { kind: 'variant', id: '794' }, locationId: undefined, quantity: 7 } },
  ]);
  expect(recordsOf('product.updated', bodyOf({ ...given, type: 'variable' }))).toMatchObject([
    { product: { variants: undefined } },
  ]);
});

it('a variation, with its options as its title', () => {
  const given = fixtureJson('woocommerce/product_variation.retrieve.json');
  expect(readWooVariation('22', given, CONTEXT)).toMatchObject([
    {
      kind: 'variant',
      productId: '22',
      atMs: Date.UTC(2017, 2, 23, 3, 36, 38),
      variant: {
        id: '732',
        title: 'Black',
        options: { Color: 'Black' },
        priceMinor: 900,
        imageUrl: expect.stringContaining('T_4_front-12.jpg'),
      },
    },
  ]);
});

it('a customer, a coupon and a review', () => {
  expect(recordsOf('customer.created', fixture('woocommerce/customer.created.json'))).toMatchObject([
    {
      kind: 'customer',
      customer: {
        id: '25',
        atMs: Date.UTC(2017, 2, 21, 19, 9, 30),
        createdAtMs: Date.UTC(2017, 2, 21, 19, 9, 28),
        who: { customerId: '25', email: 'john.doe@example.com', phone: '(555) 555-5555' },
        traits: { firstName: 'John', lastName: 'Doe', address: { city: 'San Francisco', postalCode: '94103' } },
        consents: [],
      },
    },
  ]);
  expect(recordsOf('coupon.created', fixture('woocommerce/coupon.created.json'))).toMatchObject([
    {
      kind: 'coupon',
      coupon: {
        id: '719',
        code: '10off',
        kind: 'percent',
        value: 1_000,
        minimumMinor: 10_000,
        isIndividual: true,
        excludesSale: true,
        usageLimit: undefined,
      },
    },
  ]);
  expect(recordsOf('product_review.created', fixture('woocommerce/product_review.created.json'))).toMatchObject([
    {
      kind: 'happening',
      happening: {
        event: 'Product Reviewed',
        who: { email: 'john.doe@example.com' },
        properties: { product_id: '22', review_id: '22', rating: '5', review_body: 'Nice album!' },
      },
    },
  ]);
});

it('an order that was restored is told whole, and that it is there again as of now', () => {
  const whole = recordsOf('order.updated', bodyOf(fixtureJson('woocommerce/order.updated.json')));
  const restored = { kind: 'restored', of: 'order', id: '727', atMs: CONTEXT.receivedAtMs };
  expect(recordsOf('order.restored', bodyOf(fixtureJson('woocommerce/order.updated.json')))).toEqual([
    ...whole,
    restored,
  ]);
});

it('what was deleted is its id alone; an action of the shop’s own says nothing to keep', () => {
  const { deleted } = fixtureJson('woocommerce/_deleted_and_ping.example.json');
  expect(recordsOf('order.deleted', bodyOf(deleted!))).toEqual([
    { kind: 'removed', of: 'order', id: '727', atMs: CONTEXT.receivedAtMs },
  ]);
  const action = { action: 'woocommerce_add_to_cart', arg: 1 };
  const said = wooConnector.normalise({ topic: 'action.woocommerce_add_to_cart', body: bodyOf(action) }, CONTEXT);
  expect(said.kind).toBe('ignored');
});
