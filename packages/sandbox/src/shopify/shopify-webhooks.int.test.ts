import { afterEach, beforeEach, expect, test } from 'vitest';
import { signBody } from '../twin/sign-body.ts';
import { hmacBase64 } from '../twin/testing/hmac.ts';
import type { ReceivedHook } from '../twin/testing/hook-receiver.ts';
import { type FurnishedShop, furnishShop } from './testing/furnished-shop.ts';

const HOUR_MS = 3_600_000;
let at: FurnishedShop;

beforeEach(async () => {
  at = await furnishShop();
});
afterEach(() => at.close());

const topics = (hooks: readonly ReceivedHook[]): unknown[] => hooks.map(({ headers }) => headers['x-shopify-topic']);
const sell = (quantity = 1) =>
  at.twin.placeOrder({ email: 'ada@shop.example', lines: [{ variantId: at.mugId, quantity }] });

test('a body is signed as the published vectors say', () => {
  const vectors = [
    ['hush', '{"id":820982911946154508}', 'qBvrsZF7RfB1iS6BX6IHqJTp5L911P7intnPeTPsH0I='],
    ['hush', '{"id": 820982911946154508}', 'uGGfOb+XoECYuM+RY9Y3WocU+ijbVAGZNvXJ58KRFBA='],
    ['hush', '{"title":"Café ☃"}', 'OMmT8k2sNW+85UOHzmEVL8wPMzyzJy++yOTVYe0imEs='],
    ['other-secret', '{"id":820982911946154508}', 'RV6LTSuH8VU1xdblbbyAZAHIYTecS7718R4R6U5wy/4='],
    ['hush', '', 'Knm8rWjeSXNIt2H0AOMT7DQ8/YSy8sQi/pEjbuUmGMs='],
  ] as const;
  for (const [secret, body, signature] of vectors) expect(signBody(secret, Buffer.from(body))).toBe(signature);
});

test('every delivery carries the real headers, and a signature over the bytes that another computation agrees with', async () => {
  sell();
  await at.twin.flush();
  const hooks = at.receiver.take();
  expect(topics(hooks)).toEqual(['orders/create', 'orders/paid', 'inventory_levels/update', 'products/update']);
  for (const { headers, body } of hooks) {
    const signature = await hmacBase64(at.twin.clientSecret, body);
    expect(headers['x-shopify-hmac-sha256']).toBe(signature);
    expect(headers['x-shopify-shop-domain']).toBe('snowdevil.myshopify.com');
    expect(headers['x-shopify-api-version']).toBe('2026-10');
    expect(headers['x-shopify-triggered-at']).toMatch(/^2026-11-23T10:00:00\.\d{9}Z$/);
    expect(headers['content-type']).toBe('application/json');
  }
  expect(new Set(hooks.map(({ headers }) => headers['x-shopify-webhook-id'])).size).toBe(4);
  expect(new Set(hooks.map(({ headers }) => headers['x-shopify-event-id'])).size).toBe(1);
});

test('ids are numbers that a double cannot hold, written whole', async () => {
  sell();
  await at.twin.flush();
  const [created] = at.receiver.take();
  const id = /^\{"id":(\d+)/.exec(created!.text)?.[1] ?? '';
  expect(BigInt(id)).toBeGreaterThan(2n ** 53n);
  expect(at.twin.shop.state.orders.has(id)).toBe(true);
});

test('a retry comes with the payload and the ids of the first attempt, however the order changed meanwhile', async () => {
  at.receiver.answer(503);
  const placed = sell();
  await at.twin.flush();
  const [first] = at.receiver.take();
  if (placed.kind !== 'placed') throw new Error('not sold');
  at.clock.advance(60_000);
  at.twin.fulfil({ orderId: placed.order.id });
  at.receiver.answer(200);
  await at.twin.flush();
  const retry = at.receiver.take().find(({ headers }) => headers['x-shopify-topic'] === 'orders/create');
  expect(retry!.body.equals(first!.body)).toBe(true);
  expect(retry!.headers['x-shopify-webhook-id']).toBe(first!.headers['x-shopify-webhook-id']);
  expect(retry!.headers['x-shopify-triggered-at']).toBe(first!.headers['x-shopify-triggered-at']);
});

test('what is not answered is tried eight times more within four hours, and never again', async () => {
  at.receiver.answer(500);
  at.twin.setStock({ variantId: at.mugId, locationId: at.storeId, available: 9 });
  at.clock.advance(4 * HOUR_MS);
  await at.twin.flush();
  const attempts = at.receiver.take().map(({ headers }) => headers['x-shopify-webhook-id']);
  const deliveries = [...new Set(attempts)];
  expect(deliveries.map((id) => attempts.filter((one) => one === id).length)).toEqual([9, 9]);
  at.clock.advance(48 * HOUR_MS);
  await at.twin.flush();
  expect(at.receiver.take()).toEqual([]);
});

test('a subscription of the API whose deliveries all failed is gone without a word; one of the app stays', async () => {
  at.twin.webhooks.subscribe({
    topic: 'orders/create',
    uri: `${at.receiver.url}/api`,
    apiVersion: '2026-10',
    isFromApi: true,
  });
  at.receiver.answer(500);
  sell();
  at.clock.advance(5 * HOUR_MS);
  await at.twin.flush();
  const left = [...at.twin.webhooks.subscriptions.values()];
  expect(left.some(({ isFromApi }) => isFromApi)).toBe(false);
  expect(left.some(({ topic }) => topic === 'orders/create')).toBe(true);
});

test('one answer in between keeps a subscription', async () => {
  at.twin.webhooks.subscribe({
    topic: 'orders/create',
    uri: `${at.receiver.url}/api`,
    apiVersion: '2026-10',
    isFromApi: true,
  });
  at.receiver.answer(500);
  sell();
  await at.twin.flush();
  at.clock.advance(HOUR_MS);
  at.receiver.answer(200);
  sell();
  await at.twin.flush();
  at.receiver.answer(500);
  at.clock.advance(5 * HOUR_MS);
  await at.twin.flush();
  expect([...at.twin.webhooks.subscriptions.values()].some(({ isFromApi }) => isFromApi)).toBe(true);
});
