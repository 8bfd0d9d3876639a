import { expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import type { ShopRecord } from '../records.ts';
import { bodyOf, CONTEXT, fixture, fixtureJson } from '../testing/fixtures.ts';
import { SHOPIFY_TOPICS, shopifyConnector } from './shopify-connector.ts';

function recordsOf(topic: string, body: Buffer): readonly ShopRecord[] {
  const said = shopifyConnector.normalise({ topic, body }, CONTEXT);
  if (said.kind === 'ignored') throw new Error(said.reason);
  return said.records;
}

const only = (topic: string, body: Buffer): ShopRecord => {
  const records = recordsOf(topic, body);
  expect(records).toHaveLength(1);
  return records[0]!;
};

const at = (text: string): number => Date.parse(text);

it('an order: lines, totals, codes, cart, customer and addresses', () => {
  const record = only('orders/create', fixture('shopify/order.json'));
  expect(record).toMatchObject({
    kind: 'order',
    order: {
      id: '450789469',
      number: '#1001',
      atMs: at('2008-01-10T11:00:00-05:00'),
      placedAtMs: at('2008-01-10T11:00:00-05:00'),
      currency: 'USD',
      channel: 'web',
      payment: 'authorized',
      isAccepted: true,
      cancelledAtMs: undefined,
      totals: {
        totalMinor: 40_994,
        subtotalMinor: 39_800,
        taxMinor: 1_194,
        shippingMinor: 0,
        discountMinor: 0,
        paidMinor: 0,
      },
      couponCodes: ['TENOFF'],
      cartToken: '68778783ad298f1c80c3bafcddeea02f',
      who: { customerId: '207119551', email: 'bob.norman@hostmail.com', phone: undefined },
      shipTo: { name: 'Bob Norman', street: 'Chestnut Street 92', city: 'Louisville', region: 'KY', country: 'US' },
      isFulfilled: false,
    },
  });
  if (record.kind !== 'order') throw new Error(record.kind);
  expect(record.order.lines).toHaveLength(3);
  expect(record.order.lines[0]).toEqual({
    id: '466157049',
    productId: '632910392',
    variantId: '39072856',
    sku: 'IPOD2008GREEN',
    name: 'IPod Nano - 8gb',
    variantTitle: 'green',
    brand: undefined,
    quantity: 1,
    cancelled: 0,
    unitPriceMinor: 19_900,
    discountMinor: 0,
    requiresShipping: true,
  });
  // Its only fulfilment failed: nothing was sent.
  expect(record.order.fulfilments).toMatchObject([
    { id: '255858046', state: 'failed', trackingNumber: '1Z2345', lines: [{ lineId: '466157049', quantity: 1 }] },
  ]);
});

it('an order whose id no double holds keeps it, and its place and till are named', () => {
  const text = JSON.stringify({
    ...fixtureJson('shopify/order.json'),
    ...{ id: 'ID', source_name: 'pos', location_id: 905684977, user_id: 799407056, device_id: 5 },
    ...{ financial_status: 'paid', fulfillment_status: 'fulfilled' },
  });
  const record = only('orders/updated', Buffer.from(text.replace('"ID"', '820982911946154508')));
  expect(record).toMatchObject({
    order: {
      id: '820982911946154508',
      channel: 'pos',
      locationId: '905684977',
      staffId: '799407056',
      deviceId: '5',
      payment: 'paid',
      isFulfilled: true,
      totals: { paidMinor: 40_994 },
    },
  });
});

it('a product with its variants, options, pictures, tags and backorders', () => {
  const record = only('products/update', fixture('shopify/product.json'));
  if (record.kind !== 'product') throw new Error(record.kind);
  const { product } = record;
  expect(product).toMatchObject({
    id: '632910392',
    atMs: at('2011-10-20T14:05:13-04:00'),
    title: 'IPod Nano - 8GB',
    vendor: 'Apple',
    productType: 'Cult Products',
    status: 'active',
    url: 'https://snowdevil.myshopify.com/products/ipod-nano',
    tags: ['Emotive', 'Flash Memory', 'MP3', 'Music'],
    media: [{ url: 'http://static.shopify.com/s/files/1/6909/3384/products/ipod-nano.png?0', kind: 'image' }],
  });
  expect(product.description).toMatch(/^It's the small iPod with one very big idea: Video\./);
  expect(product.variants).toHaveLength(4);
  expect(product.variants![0]).toMatchObject({
    id: '808950810',
    sku: 'IPOD2008PINK',
    title: 'Pink',
    options: { Title: 'Pink' },
    priceMinor: 19_900,
    compareAtMinor: undefined,
    currency: 'USD',
    backorder: 'continue',
    requiresShipping: true,
  });
});

it('a refund: the money of its transaction, and what came back per line', () => {
  expect(only('refunds/create', fixture('shopify/refund.json'))).toEqual({
    kind: 'refund',
    orderId: '450789469',
    refund: {
      id: '509562969',
      atMs: at('2016-06-20T13:35:06-04:00'),
      amountMinor: 20_900,
      currency: 'USD',
      reason: 'it broke during shipping',
      lines: [
        { lineId: '703073504', quantity: 1, restock: 'unknown', locationId: undefined },
        { lineId: '466157049', quantity: 1, restock: 'unknown', locationId: undefined },
      ],
    },
  });
});

it('a fulfilment with its tracking; a parcel that arrived', () => {
  const given = fixtureJson('shopify/fulfillment.json');
  expect(only('fulfillments/create', bodyOf(given))).toMatchObject({
    kind: 'fulfilment',
    orderId: '450789469',
    fulfilment: {
      id: '255858046',
      state: 'pending',
      trackingCompany: 'null-company',
      trackingNumber: '1Z2345',
      trackingUrl: 'http://www.google.com/search?q=1Z2345',
      lines: [{ lineId: '466157049', quantity: 1 }],
    },
  });
  const sent = only('fulfillments/update', bodyOf({ ...given, status: 'success', shipment_status: 'delivered' }));
  expect(sent).toMatchObject({ fulfilment: { state: 'delivered' } });
  const event = {
    id: 1,
    order_id: 450789469,
    fulfillment_id: 255858046,
    status: 'delivered',
    happened_at: '2026-01-02T00:00:00Z',
  };
  expect(only('fulfillment_events/create', bodyOf(event))).toEqual({
    kind: 'delivered',
    orderId: '450789469',
    fulfilmentId: '255858046',
    atMs: at('2026-01-02T00:00:00Z'),
  });
});

it('a customer; who was never asked has said nothing', () => {
  const given = fixtureJson('shopify/customer.json');
  const record = only('customers/update', bodyOf(given));
  expect(record).toMatchObject({
    kind: 'customer',
    customer: {
      id: '207119551',
      who: { customerId: '207119551', email: 'bob.norman@hostmail.com' },
      traits: {
        firstName: 'Bob',
        lastName: 'Norman',
        address: { street: 'Chestnut Street 92', city: 'Louisville', state: 'KY', postalCode: '40202', country: 'US' },
      },
      consents: [],
    },
  });
  const asked = {
    ...given,
    email_marketing_consent: {
      state: 'subscribed',
      opt_in_level: 'confirmed_opt_in',
      consent_updated_at: '2026-01-02T03:04:05-05:00',
    },
    sms_marketing_consent: {
      state: 'unsubscribed',
      opt_in_level: 'single_opt_in',
      consent_updated_at: '2026-01-03T00:00:00Z',
    },
  };
  expect(only('customers/update', bodyOf(asked))).toMatchObject({
    customer: {
      consents: [
        { channel: 'email', status: 'granted', level: 'confirmed_opt_in', atMs: at('2026-01-02T08:04:05Z') },
        { channel: 'sms', status: 'denied', atMs: at('2026-01-03T00:00:00Z') },
      ],
    },
  });
  const none = { ...given, email_marketing_consent: { state: 'not_subscribed', opt_in_level: null } };
  expect(only('customers/update', bodyOf(none))).toMatchObject({ customer: { consents: [] } });
});

it('carts: token, lines by variant, nobody’s name, and hers where a page wrote it in', () => {
  const carts = JSON.parse(fixture('shopify/carts.json').toString('utf8')) as JsonObject[];
  for (const cart of carts) {
    expect(only('carts/update', bodyOf(cart))).toMatchObject({
      kind: 'cart',
      cart: {
        token: cart['token'],
        currency: 'USD',
        who: { email: undefined, anonymousId: undefined },
        lines: [{ key: '1', variantId: '1', name: 'test', brand: 'test', quantity: 1, priceMinor: 100 }],
      },
    });
  }
  const named = { ...carts[0]!, note_attributes: [{ name: 'segue_anonymous_id', value: 'a-1' }] };
  expect(only('carts/update', bodyOf(named))).toMatchObject({ cart: { who: { anonymousId: 'a-1' } } });
});

it('a level, an item and a place', () => {
  expect(only('inventory_levels/update', fixture('shopify/inventory_level.json'))).toEqual({
    kind: 'level',
    level: {
      of: { kind: 'inventory_item', id: '808950810' },
      locationId: '905684977',
      quantity: 6,
      atMs: at('2018-05-07T15:51:26-04:00'),
    },
  });
  expect(only('inventory_levels/disconnect', fixture('shopify/inventory_level.json'))).toMatchObject({
    level: { quantity: null },
  });
  expect(only('inventory_items/update', fixture('shopify/inventory_item.json'))).toEqual({
    kind: 'item',
    id: '808950810',
    sku: 'IPOD2008PINK',
    atMs: at('2018-05-07T15:33:38-04:00'),
  });
  expect(only('locations/create', fixture('shopify/location.json'))).toMatchObject({
    kind: 'location',
    location: { id: '487838322', name: 'Fifth Avenue AppleStore', isActive: true, country: 'US', street: undefined },
  });
});

it('terms of a discount and its code', () => {
  expect(only('price_rules/create', fixture('shopify/price_rule.json'))).toMatchObject({
    coupon: { id: '1213131', code: 'BOGO', kind: 'percent', value: 10_000, scope: 'order', usageLimitPerCustomer: 1 },
  });
  expect(only('price_rules/update', fixture('shopify/price_rule.resource.json'))).toMatchObject({
    coupon: {
      id: '1',
      kind: 'percent',
      value: 1_000,
      minimumMinor: 4_000,
      startsAtMs: at('2020-07-05T22:40:32-04:00'),
    },
  });
  expect(only('discount_codes/create', fixture('shopify/discount_code.resource.json'))).toMatchObject({
    kind: 'coupon',
    coupon: { id: '1054381139', code: 'SUMMERSALE10OFF', used: 0 },
  });
});

it('what moves neither order nor stock is an event that names nobody in its properties', () => {
  const ready = only(
    'fulfillment_orders/line_items_prepared_for_pickup',
    fixture('shopify/fulfillment_orders.resource.json'),
  );
  expect(ready).toMatchObject({
    kind: 'happening',
    happening: {
      event: 'Order Ready For Pickup',
      orderId: '3183479',
      properties: { fulfillment_order_id: '255858046', order_id: '3183479', location_id: '3183479', status: 'open' },
    },
  });
  expect(JSON.stringify(ready)).not.toMatch(/Bobsen|bob@example|Amoebobacterieae/);
  expect(only('draft_orders/create', fixture('shopify/draft_order.json'))).toMatchObject({
    happening: {
      event: 'Draft Order Created',
      who: { customerId: '207119551', email: 'montana_hilpert@example.com' },
      properties: { draft_order_id: '517119332', name: '#D1', status: 'open', currency: 'CAD', value: 1027.41 },
    },
  });
  expect(only('gift_cards/create', fixture('shopify/gift_card.json'))).toMatchObject({
    happening: {
      event: 'Gift Card Issued',
      properties: { gift_card_id: '4208208', currency: 'AUD', value: 25, balance: 25 },
    },
  });
  expect(only('gift_cards/update', fixture('shopify/gift_card.resource.json'))).toMatchObject({
    happening: { properties: { gift_card_id: '1', last_characters: '0d0d', value: 100 } },
  });
});

it('what the law asks is handed on as it came', () => {
  for (const topic of ['customers/data_request', 'customers/redact', 'shop/redact'] as const) {
    const payload = fixtureJson(`shopify/${topic.replace('/', '.')}.json`);
    expect(only(topic, bodyOf(payload))).toEqual({ kind: 'compliance', topic, payload });
  }
});

it('every topic a shop is asked to send is read or left out for a reason, never a fault', () => {
  const bodies: Readonly<Record<string, JsonObject>> = {
    'fulfillment_events/create': { id: 1, order_id: 2, fulfillment_id: 3, status: 'in_transit' },
    'refunds/create': fixtureJson('shopify/refund.json'),
    'fulfillments/create': fixtureJson('shopify/fulfillment.json'),
    'fulfillments/update': fixtureJson('shopify/fulfillment.json'),
    'products/create': fixtureJson('shopify/product.json'),
    'products/update': fixtureJson('shopify/product.json'),
  };
  for (const topic of SHOPIFY_TOPICS) {
    const isLevel = topic.startsWith('inventory_levels/');
    const body = bodies[topic] ?? (isLevel ? fixtureJson('shopify/inventory_level.json') : { id: 1, token: 't' });
    expect(shopifyConnector.normalise({ topic, body: bodyOf(body) }, CONTEXT).kind, topic).toMatch(/records|ignored/);
  }
});

it('a payload that is not what Shopify documents says what it lacks', () => {
  expect(() => recordsOf('orders/create', Buffer.from('{'))).toThrow('the body is no JSON');
  expect(() => recordsOf('orders/create', Buffer.from('[]'))).toThrow('the order is no object');
  expect(() => recordsOf('refunds/create', Buffer.from('{"id":1}'))).toThrow('the order of the refund has no id');
});
