import { afterEach, beforeEach, expect, test } from 'vitest';
import { askGraphql, getAdmin } from './testing/call-admin.ts';
import { type FurnishedShop, furnishShop } from './testing/furnished-shop.ts';

let at: FurnishedShop;

beforeEach(async () => {
  at = await furnishShop();
});
afterEach(() => at.close());

const SET = `mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta } } userErrors { code field message } } }`;

const inputOf = (quantity: number, changeFromQuantity: number | null) => ({
  ...{ name: 'available', reason: 'correction', referenceDocumentUri: 'segue://stock/1' },
  quantities: [
    {
      inventoryItemId: `gid://shopify/InventoryItem/${at.mugItemId}`,
      locationId: `gid://shopify/Location/${at.storeId}`,
      ...{ quantity, changeFromQuantity },
    },
  ],
});

const availableInStore = (): number | undefined =>
  [...at.twin.shop.state.levels.values()].find(({ locationId }) => locationId === at.storeId)?.available;

async function set(quantity: number, from: number | null, key: string) {
  const { body } = await askGraphql(at.twin, SET, { variables: { input: inputOf(quantity, from), key } });
  const data = body['data'] as { inventorySetQuantities: { userErrors: { code: string; field: string[] }[] } };
  return data.inventorySetQuantities.userErrors;
}

test('a call without the shop’s token is refused', async () => {
  expect((await getAdmin(at.twin, 'orders.json', 'shpat_other')).status).toBe(401);
});

test('pages by link answer every order once, while others are placed meanwhile', async () => {
  at.twin.setStock({ variantId: at.mugId, locationId: at.warehouseId, available: 100 });
  const sell = () => at.twin.placeOrder({ email: 'ada@shop.example', lines: [{ variantId: at.mugId, quantity: 1 }] });
  const placed = Array.from({ length: 23 }, sell).map((one) => (one.kind === 'placed' ? one.order.id : ''));
  const seen: string[] = [];
  let next: string | undefined = 'orders.json?status=any&limit=5';
  while (next !== undefined) {
    const { text, headers } = await getAdmin(at.twin, next);
    seen.push(
      ...[...text.matchAll(/"id":(\d+),"admin_graphql_api_id":"gid:\/\/shopify\/Order\//g)].map(([, id = '']) => id),
    );
    if (seen.length === 10) sell();
    next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  }
  expect(seen.slice(0, 23)).toEqual(placed);
  expect(new Set(seen).size).toBe(24);
});

test('beside a cursor no other filter is taken, and a made-up cursor is refused', async () => {
  expect((await getAdmin(at.twin, 'orders.json?page_info=abc&status=any')).status).toBe(400);
  expect((await getAdmin(at.twin, 'orders.json?page_info=abc')).status).toBe(400);
  expect((await getAdmin(at.twin, 'orders.json?limit=251')).status).toBe(400);
});

test('without a status only open orders are listed', async () => {
  const placed = at.twin.placeOrder({ email: 'ada@shop.example', lines: [{ variantId: at.mugId, quantity: 1 }] });
  if (placed.kind !== 'placed') throw new Error('not sold');
  at.twin.cancelOrder({ orderId: placed.order.id });
  expect((await getAdmin(at.twin, 'orders.json')).body['orders']).toEqual([]);
  expect((await getAdmin(at.twin, 'orders.json?status=any')).body['orders']).toHaveLength(1);
});

test('what changed since an instant is found again, to the second', async () => {
  const since = new Date(at.clock.now() + 1_000).toISOString();
  expect((await getAdmin(at.twin, `products.json?updated_at_min=${since}`)).body['products']).toEqual([]);
  at.clock.advance(1_000);
  at.twin.changePrice({ variantId: at.mugId, price: '149.00', compareAtPrice: '199.00' });
  const { body } = await getAdmin(at.twin, `products.json?updated_at_min=${since}`);
  expect(body['products']).toMatchObject([{ variants: [{ price: '149.00', compare_at_price: '199.00' }] }]);
});

test('levels are listed by place; without one they are refused', async () => {
  expect((await getAdmin(at.twin, 'inventory_levels.json')).status).toBe(422);
  const { body } = await getAdmin(at.twin, `inventory_levels.json?location_ids=${at.storeId}`);
  expect(body['inventory_levels']).toMatchObject([{ available: 3 }]);
});

test('the forty-first call at once is refused, and time makes room', async () => {
  const statuses = [];
  for (let call = 0; call < 41; call++) statuses.push((await getAdmin(at.twin, 'shop.json')).status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(40);
  expect(statuses.at(-1)).toBe(429);
  at.clock.advance(1_000);
  const { status, headers } = await getAdmin(at.twin, 'shop.json');
  expect([status, headers.get('x-shopify-shop-api-call-limit')]).toEqual([200, '39/40']);
});

test('stock is set when it is what its caller thinks, and refused when it is not', async () => {
  expect(await set(5, 3, 'a')).toEqual([]);
  expect(availableInStore()).toBe(5);
  const [stale] = await set(9, 3, 'b');
  expect([stale?.code, stale?.field]).toEqual([
    'CHANGE_FROM_QUANTITY_STALE',
    ['input', 'quantities', '0', 'changeFromQuantity'],
  ]);
  expect(availableInStore()).toBe(5);
  expect(await set(0, null, 'c')).toEqual([]);
  expect(availableInStore()).toBe(0);
});

test('the same key sets once, and not for something else', async () => {
  await set(5, 3, 'a');
  at.twin.setStock({ variantId: at.mugId, locationId: at.storeId, available: 4 });
  expect(await set(5, 3, 'a')).toEqual([]);
  expect(availableInStore()).toBe(4);
  expect((await set(6, 3, 'a'))[0]?.code).toBe('IDEMPOTENCY_KEY_PARAMETER_MISMATCH');
});

test('older versions compare by compareQuantity, which must be given or ignored', async () => {
  const query = `mutation Set($input: InventorySetQuantitiesInput!) {
    inventorySetQuantities(input: $input) { userErrors { code } } }`;
  const ask = async (given: object, ignored = {}) => {
    const { name, reason, quantities } = inputOf(5, null);
    const [{ inventoryItemId, locationId, quantity } = { inventoryItemId: '', locationId: '', quantity: 0 }] =
      quantities;
    const input = { name, reason, quantities: [{ inventoryItemId, locationId, quantity, ...given }], ...ignored };
    const { body } = await askGraphql(at.twin, query, { variables: { input }, version: '2025-07' });
    return (body['data'] as { inventorySetQuantities: { userErrors: { code: string }[] } }).inventorySetQuantities
      .userErrors;
  };
  expect(await ask({ compareQuantity: 4 })).toEqual([{ code: 'COMPARE_QUANTITY_STALE' }]);
  expect(await ask({})).toEqual([{ code: 'COMPARE_QUANTITY_REQUIRED' }]);
  expect(await ask({ compareQuantity: 3 })).toEqual([]);
  expect(await ask({}, { ignoreCompareQuantity: true })).toEqual([]);
});

test('from 2026-04 on a mutation of stock names its key, and what it changes from', async () => {
  const bare = SET.replace('@idempotent(key: $key)', '').replace(', $key: String!', '');
  const { body } = await askGraphql(at.twin, bare, { variables: { input: inputOf(5, 3) } });
  expect(body['errors']).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
});

test('pages of GraphQL by what changed answer everything once', async () => {
  for (let one = 0; one < 7; one++) {
    at.clock.advance(1_000);
    at.twin.addCustomer({ email: `c${one}@shop.example`, firstName: 'C', lastName: String(one) });
  }
  const emails: string[] = [];
  let after: string | null = null;
  do {
    const { body } = await askGraphql(
      at.twin,
      `query ($after: String) { customers(first: 3, after: $after, sortKey: UPDATED_AT, query: "updated_at:>'2026-11-23T10:00:02Z'") {
        nodes { email } pageInfo { hasNextPage endCursor } } }`,
      { variables: { after } },
    );
    const page = (
      body['data'] as {
        customers: { nodes: { email: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
      }
    ).customers;
    emails.push(...page.nodes.map(({ email }) => email));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  expect(emails).toEqual(['c2', 'c3', 'c4', 'c5', 'c6'].map((name) => `${name}@shop.example`));
});

test('queries cost points, and who has none left is throttled until time brings some', async () => {
  const query = '{ products(first: 100) { nodes { variants(first: 4) { nodes { id } } } } }';
  const { body } = await askGraphql(at.twin, query);
  expect(body['extensions']).toMatchObject({ cost: { requestedQueryCost: 702, throttleStatus: { restoreRate: 100 } } });
  const dear = query.replace('100', '200');
  expect((await askGraphql(at.twin, dear)).body['errors']).toMatchObject([
    { extensions: { code: 'MAX_COST_EXCEEDED' } },
  ]);
  const mutation = `mutation { ${Array.from({ length: 70 }, (_, one) => `d${one}: webhookSubscriptionDelete(id: "1") { userErrors { message } }`).join(' ')} }`;
  const codes = [];
  for (let call = 0; call < 4; call++) codes.push((await askGraphql(at.twin, mutation)).body['errors']);
  expect(codes[2]).toMatchObject([{ message: 'Throttled', extensions: { code: 'THROTTLED' } }]);
  at.clock.advance(20_000);
  expect((await askGraphql(at.twin, mutation)).body['errors']).toBeUndefined();
});

test('who subscribes by the API gets what happens from then on, once for each topic and address', async () => {
  const create = (topic: string) =>
    askGraphql(
      at.twin,
      `mutation ($topic: WebhookSubscriptionTopic!, $webhook: WebhookSubscriptionInput!) {
        webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhook) { webhookSubscription { id topic uri } userErrors { message } } }`,
      { variables: { topic, webhook: { uri: `${at.receiver.url}/api`, format: 'JSON' } } },
    );
  expect((await create('ORDERS_PARTIALLY_FULFILLED')).body).toMatchObject({
    data: {
      webhookSubscriptionCreate: { webhookSubscription: { topic: 'ORDERS_PARTIALLY_FULFILLED' }, userErrors: [] },
    },
  });
  expect((await create('ORDERS_PARTIALLY_FULFILLED')).body).toMatchObject({
    data: { webhookSubscriptionCreate: { userErrors: [{ message: 'Address for this topic has already been taken' }] } },
  });
  expect((await create('ORDERS_LOST')).body['errors']).toHaveLength(1);
  const { body } = await askGraphql(at.twin, '{ webhookSubscriptions(first: 250) { nodes { topic uri } } }');
  expect(body).toMatchObject({ data: { webhookSubscriptions: { nodes: [{ uri: `${at.receiver.url}/api` }] } } });
});
