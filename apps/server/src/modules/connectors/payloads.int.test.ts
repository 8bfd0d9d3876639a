import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../../platform/json.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom } from './testing/connector-world.ts';
import { bodyOf, fixture, fixtureJson } from './testing/fixtures.ts';

let room: ConnectorRoom;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());

const namesOf = (told: readonly JsonObject[]): unknown[] => told.map((one) => one['event'] ?? one['type']);
const eventOf = (told: readonly JsonObject[], event: string): JsonObject =>
  told.find((one) => one['event'] === event || one['type'] === event)!;

async function faults(shop: ConnectorShop): Promise<unknown[]> {
  return shop.query(
    "select topic, state, fault from connector_inbox where workspace_id = $1 and state <> 'done' order by seq",
  );
}

it('every payload of Shopify becomes what it says: catalog, stock, orders, customers, carts, coupons, events', async () => {
  const shop = await room.openShop();
  const id = await shop.connect();
  const [cart] = JSON.parse(fixture('shopify/carts.json').toString('utf8')) as JsonObject[];
  const location = fixtureJson('shopify/location.json');
  const level = fixtureJson('shopify/inventory_level.json');
  const product = fixtureJson('shopify/product.json');
  const [first, ...others] = product['variants'] as JsonObject[];
  const consent = { state: 'subscribed', opt_in_level: 'single_opt_in', consent_updated_at: '2015-05-27T23:00:00Z' };
  const said: [string, Buffer][] = [
    ['inventory_levels/update', fixture('shopify/inventory_level.json')],
    ['locations/create', bodyOf({ ...location, id: level['location_id']! })],
    // Its own ids pass 2^53; they stay what they are.
    [
      'products/create',
      bodyOf({ ...product, variants: [{ ...first!, inventory_item_id: level['inventory_item_id']! }, ...others] }),
    ],
    ['inventory_items/update', fixture('shopify/inventory_item.json')],
    ['orders/create', bodyOf({ ...fixtureJson('shopify/order.json'), financial_status: 'paid' })],
    ['fulfillments/create', fixture('shopify/fulfillment.json')],
    ['refunds/create', fixture('shopify/refund.json')],
    ['customers/update', bodyOf({ ...fixtureJson('shopify/customer.json'), email_marketing_consent: consent })],
    ['carts/update', bodyOf({ ...cart!, note_attributes: [{ name: 'segue_anonymous_id', value: 'anon-1' }] })],
    ['price_rules/create', fixture('shopify/price_rule.json')],
    ['discount_codes/create', fixture('shopify/discount_code.resource.json')],
    [
      'draft_orders/create',
      bodyOf(
        (fixtureJson('shopify/draft_order.json')['draft_order'] as JsonObject) ??
          fixtureJson('shopify/draft_order.json'),
      ),
    ],
    ['gift_cards/create', fixture('shopify/gift_card.json')],
    ['customers/data_request', fixture('shopify/customers.data_request.json')],
    ['customers/redact', fixture('shopify/customers.redact.json')],
    ['shop/redact', fixture('shopify/shop.redact.json')],
  ];
  for (const [topic, body] of said) expect(await shop.hook(id, topic, body)).toBe(200);
  await shop.drain();
  expect(await faults(shop)).toEqual([]);
  const dump = await shop.dump();
  expect(dump).toMatchObject({
    products: [{ external_id: '632910392', title: 'IPod Nano - 8GB', vendor: 'Apple', status: 'active' }],
    locations: [{ external_id: '905684977', name: 'Fifth Avenue AppleStore' }],
    // It came before its product and its place.
    levels: [{ variant: String(first!['id']), location: '905684977', available: 6 }],
    orders: [
      {
        source_order_id: '450789469',
        number: '#1001',
        payment: 'partially_refunded',
        refunded_minor: 20_900,
        total_minor: 40_994,
        tax_minor: 1_194,
      },
    ],
  });
  expect((dump['variants'] as unknown[]).length).toBe((product['variants'] as unknown[]).length);
  const told = await shop.told();
  expect(namesOf(told)).toEqual(
    expect.arrayContaining(['identify', 'Consent Updated', 'Product Added', 'Draft Order Created']),
  );
  expect(eventOf(told, 'identify')).toMatchObject({ traits: { firstName: 'Bob', email: 'bob.norman@hostmail.com' } });
  expect(eventOf(told, 'Consent Updated')).toMatchObject({
    properties: { channel: 'email', status: 'granted', topic: 'marketing', source: 'shopify' },
    timestamp: '2015-05-27T23:00:00.000Z',
  });
  expect(eventOf(told, 'Product Added')).toMatchObject({
    anonymousId: 'anon-1',
    properties: { quantity: 1, currency: 'USD' },
  });
  expect(shop.handed.compliance.map(({ topic }) => topic)).toEqual([
    'customers/data_request',
    'customers/redact',
    'shop/redact',
  ]);
  expect(shop.handed.coupons.flatMap(({ coupons }) => coupons).length).toBe(2);
  expect(shop.handed.carts).toMatchObject([{ ref: { id: cart!['token'] }, lines: [{ quantity: 1 }] }]);
});

it('every payload of WooCommerce becomes what it says', async () => {
  const shop = await room.openShop();
  const woo = { kind: 'woocommerce', storeUrl: 'https://shop.example/store/', webhookSecret: 'woo-secret' };
  const { body: made } = await shop.call('POST', '/api/v1/connectors', { ...woo, name: 'Woo', currency: 'USD' });
  const variation = {
    ...fixtureJson('woocommerce/product_variation.retrieve.json'),
    type: 'variation',
    parent_id: 733,
  };
  const parent = {
    ...fixtureJson('woocommerce/product.created.json'),
    id: 733,
    type: 'variable',
    name: 'Ship your idea',
  };
  const stocked = {
    ...variation,
    id: 734,
    manage_stock: true,
    stock_quantity: 4,
    date_modified_gmt: '2017-03-23T04:00:00',
  };
  const said: [string, Buffer][] = [
    // A variation comes before its product.
    ['product.updated', bodyOf(variation)],
    ['product.updated', bodyOf(stocked)],
    ['product.created', bodyOf(parent)],
    ['product.created', fixture('woocommerce/product.created.json')],
    ['order.updated', fixture('woocommerce/order.updated.json')],
    ['order.created', fixture('woocommerce/order.created.json')],
    ['customer.created', fixture('woocommerce/customer.created.json')],
    ['coupon.created', fixture('woocommerce/coupon.created.json')],
    ['product_review.created', fixture('woocommerce/product_review.created.json')],
    ['product.deleted', bodyOf({ id: 794 })],
  ];
  for (const [topic, body] of said) {
    const signature = createHmac('sha256', 'woo-secret').update(body).digest('base64');
    const headers = { 'x-wc-webhook-topic': topic, 'x-wc-webhook-signature': signature };
    expect(await shop.hook(String(made['id']), '', body, headers)).toBe(200);
    await shop.drain();
  }
  expect(await faults(shop)).toEqual([]);
  expect(await shop.dump()).toMatchObject({
    products: [
      { source: 'woocommerce:shop.example/store', external_id: '733', title: 'Ship your idea', status: 'active' },
      { external_id: '794', title: 'Premium Quality', status: 'archived' },
    ],
    variants: [{ external_id: '732' }, { external_id: '734' }, { external_id: '794' }],
    prices: expect.arrayContaining([
      expect.objectContaining({ external_id: '732', amount_minor: 900, currency: 'USD' }),
    ]),
    // A shop without places has one.
    locations: [{ external_id: 'default', name: 'Woo' }],
    levels: [{ variant: '734', available: 4 }],
    // The older word came last.
    orders: [
      { source_order_id: '727', payment: 'paid', fulfilment: 'fulfilled', total_minor: 2_935, shipping_minor: 1_000 },
    ],
  });
  const told = await shop.told();
  expect(eventOf(told, 'Product Reviewed')).toMatchObject({ properties: { product_id: '22', rating: '5' } });
  expect(eventOf(told, 'identify')).toMatchObject({ traits: { username: 'john.doe', email: 'john.doe@example.com' } });
  expect(shop.handed.coupons).toMatchObject([
    { coupons: [{ code: '10off', kind: 'percent', value: 1_000, minimumMinor: 10_000 }] },
  ]);
});

it('what lies in a cart is told once it is known whose it is, each change once, and an older version changes nothing', async () => {
  const shop = await room.openShop();
  const id = await shop.connect();
  const cartOf = (quantity: number, at: string): JsonObject => ({
    ...{ token: 'cart-9', updated_at: at },
    line_items:
      quantity === 0 ? [] : [{ id: 1, variant_id: 7, product_id: 6, title: 'Shirt', quantity, price: '10.00' }],
  });
  await shop.hook(id, 'carts/create', cartOf(1, '2026-01-01T00:00:01Z'));
  await shop.hook(id, 'carts/update', cartOf(3, '2026-01-01T00:00:03Z'));
  await shop.drain();
  expect(await shop.told()).toEqual([]);
  const { status } = await shop.call('POST', `/api/v1/connectors/${id}/carts`, {
    token: 'cart-9',
    anonymousId: 'anon-9',
  });
  expect(status).toBe(204);
  await shop.hook(id, 'carts/update', cartOf(2, '2026-01-01T00:00:02Z'));
  await shop.hook(id, 'carts/update', cartOf(1, '2026-01-01T00:00:04Z'));
  await shop.hook(id, 'carts/update', cartOf(1, '2026-01-01T00:00:04Z'));
  await shop.drain();
  const checkout = { token: 'co-9', cart_token: 'cart-9', currency: 'USD', line_items: cartOf(1, '')['line_items']! };
  const priced = {
    ...checkout,
    email: 'ada@customer.example',
    total_price: '10.00',
    created_at: '2026-01-01T00:00:05Z',
  };
  const codes = (code: string) => [{ code }];
  await shop.hook(id, 'checkouts/create', {
    ...priced,
    updated_at: '2026-01-01T00:00:05Z',
    discount_codes: codes('TEN'),
  });
  await shop.hook(id, 'checkouts/update', {
    ...priced,
    updated_at: '2026-01-01T00:00:06Z',
    discount_codes: codes('TWO'),
  });
  await shop.drain();
  const told = (await shop.told()).map(({ event, properties, anonymousId, context }) => [
    event,
    (properties as JsonObject)['quantity'] ??
      (properties as JsonObject)['coupon_id'] ??
      (properties as JsonObject)['step_name'] ??
      (properties as JsonObject)['value'],
    anonymousId ?? ((context as JsonObject)['traits'] as JsonObject | undefined)?.['email'],
  ]);
  expect(told).toEqual([
    ['Product Added', 3, 'anon-9'],
    ['Product Removed', 2, 'anon-9'],
    ['Checkout Started', 10, 'ada@customer.example'],
    ['Checkout Step Completed', 'contact', 'ada@customer.example'],
    ['Coupon Applied', 'TEN', 'ada@customer.example'],
    ['Coupon Applied', 'TWO', 'ada@customer.example'],
    ['Coupon Removed', 'TEN', 'ada@customer.example'],
  ]);
});

it('what happened to an order is told to its customer, also when it came before the order', async () => {
  const shop = await room.openShop();
  const id = await shop.connect();
  const ready = { fulfillment_order: { id: 'gid://shopify/FulfillmentOrder/5', order_id: 450789469, status: 'open' } };
  await shop.hook(id, 'fulfillment_orders/line_items_prepared_for_pickup', ready);
  await shop.drain();
  expect(await shop.told()).toEqual([]);
  await shop.hook(id, 'orders/create', fixture('shopify/order.json'));
  await shop.drain();
  const [told] = (await shop.told()).filter(({ event }) => event === 'Order Ready For Pickup');
  expect(told).toMatchObject({
    properties: { order_id: '450789469' },
    context: { traits: { email: 'bob.norman@hostmail.com' } },
  });
});

it('a connector that is not believed about products and stock names ours by their codes, and its sales take our stock', async () => {
  const shop = await room.openShop();
  const main = await shop.connect();
  await shop.hook(main, 'products/create', fixture('shopify/product.json'));
  await shop.drain();
  const second = { shopDomain: 'second.myshopify.com', clientSecret: 'another-secret', truth: ['orders'] };
  const id = await shop.connect(second);
  const product = { ...fixtureJson('shopify/product.json'), id: 99, title: 'Not ours', vendor: 'Nobody' };
  const variants = [{ id: 990, sku: 'IPOD2008RED', price: '1.00', inventory_item_id: 9_900 }];
  const sign = (body: Buffer) => ({
    'x-shopify-hmac-sha256': createHmac('sha256', 'another-secret').update(body).digest('base64'),
    'x-shopify-shop-domain': 'second.myshopify.com',
  });
  const line = { id: 1, product_id: 99, variant_id: 990, sku: 'IPOD2008RED', title: 'Pod', quantity: 1, price: '1.00' };
  const order = {
    id: 5,
    name: '#5',
    currency: 'USD',
    processed_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  };
  const said: [string, JsonObject][] = [
    ['orders/create', { ...order, total_price: '1.00', financial_status: 'paid', line_items: [line] }],
    ['products/create', { ...product, variants }],
  ];
  for (const [topic, payload] of said) {
    const body = bodyOf(payload);
    expect(await shop.hook(id, topic, body, sign(body))).toBe(200);
    await shop.drain();
  }
  const dump = await shop.dump();
  expect(dump['products']).toMatchObject([{ title: 'IPod Nano - 8GB' }]);
  expect(dump['lines']).toEqual(
    expect.arrayContaining([expect.objectContaining({ source_order_id: '5', variant: expect.any(String) })]),
  );
  const [sold] = await shop.query<{ stock: string }>(
    "select facts -> 'snapshot' ->> 'stock' as stock from shop_order where workspace_id = $1",
  );
  expect(sold).toEqual({ stock: 'ours' });
});

it('a connector that is not believed about prices leaves them as they are', async () => {
  const shop = await room.openShop();
  const id = await shop.connect();
  const product = fixtureJson('shopify/product.json');
  await shop.hook(id, 'products/create', product);
  await shop.drain();
  const { prices } = await shop.dump();
  await shop.call('PATCH', `/api/v1/connectors/${id}`, { truth: ['products', 'stock'] });
  const variants = (product['variants'] as JsonObject[]).map((one) => ({ ...one, price: '1.00' }));
  await shop.hook(id, 'products/update', { ...product, variants, title: 'Nano', updated_at: '2026-01-01T00:00:00Z' });
  await shop.drain();
  const dump = await shop.dump();
  expect([dump['prices'], dump['products']]).toEqual([prices, [expect.objectContaining({ title: 'Nano' })]]);
});
