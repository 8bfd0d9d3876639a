import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { isSignedBy } from './signature.ts';
import { verifyShopify } from './shopify/shopify-delivery.ts';
import { fixture, fixtureJson } from './testing/fixtures.ts';
import { verifyWoo } from './woocommerce/woo-delivery.ts';

interface Vector {
  readonly secret: string;
  readonly body: string;
  readonly hmac_sha256_base64: string;
}

const sign = (secret: string, body: Buffer): string => createHmac('sha256', secret).update(body).digest('base64');
const lower = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

it('every signature of the vectors holds for its bytes and its secret, and for no others', () => {
  const vectors = fixtureJson('shopify/_hmac_vectors.json')['vectors'] as unknown as Vector[];
  expect(vectors).toHaveLength(5);
  for (const [at, vector] of vectors.entries()) {
    const body = Buffer.from(vector.body);
    expect(isSignedBy([vector.secret], body, vector.hmac_sha256_base64)).toBe(true);
    expect(isSignedBy(['another', vector.secret], body, vector.hmac_sha256_base64)).toBe(true);
    expect(isSignedBy([`${vector.secret}x`], body, vector.hmac_sha256_base64)).toBe(false);
    expect(isSignedBy([vector.secret], Buffer.concat([body, Buffer.from(' ')]), vector.hmac_sha256_base64)).toBe(false);
    const other = vectors[(at + 1) % vectors.length]!;
    expect(isSignedBy([vector.secret], Buffer.from(other.body), vector.hmac_sha256_base64)).toBe(false);
  }
  expect(isSignedBy(['hush'], Buffer.from('x'), undefined)).toBe(false);
  expect(isSignedBy([], Buffer.from('x'), '')).toBe(false);
});

const account = 'snowdevil.myshopify.com';
const body = fixture('shopify/order.json');

it('Shopify’s headers are read in any case, and without their old prefix', () => {
  const example = fixtureJson('shopify/_headers.example.json') as Record<string, string>;
  const headers = { ...lower(example), 'x-shopify-hmac-sha256': sign('hush', body) };
  expect(verifyShopify({ headers, body }, { secrets: ['hush'], account })).toMatchObject({
    kind: 'signed',
    head: {
      topic: 'orders/create',
      deliveryKey: 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
      eventKey: expect.stringContaining('98880550-7158-44d4-b7cd-2c97c8a091b5'),
      triggeredAtMs: Date.parse('2026-03-29T18:00:27.877Z'),
    },
  });
  const events = {
    ...{ 'shopify-hmac-sha256': sign('hush', body), 'shopify-topic': 'orders', 'shopify-action': 'create' },
    ...{ 'shopify-event-id': 'e-1', 'shopify-triggered-at': '2026-03-29T18:00:27Z' },
  };
  expect(verifyShopify({ headers: events, body }, { secrets: ['hush'], account })).toMatchObject({
    head: { topic: 'orders/create', eventKey: expect.stringContaining('e-1') },
  });
});

it('a webhook of another shop of the same app is refused', () => {
  const headers = { 'x-shopify-hmac-sha256': sign('hush', body), 'x-shopify-shop-domain': 'other.myshopify.com' };
  expect(verifyShopify({ headers, body }, { secrets: ['hush'], account })).toEqual({ kind: 'refused' });
});

it('while a secret changes, webhooks signed with either are taken', () => {
  for (const secret of ['old-secret', 'new-secret']) {
    const headers = { 'x-shopify-hmac-sha256': sign(secret, body) };
    expect(verifyShopify({ headers, body }, { secrets: ['new-secret', 'old-secret'], account }).kind).toBe('signed');
  }
});

it('WooCommerce signs with the secret as it was typed, though WordPress keeps its "&" as an entity', () => {
  const headers = { ...lower(fixtureJson('woocommerce/_headers.example.json') as Record<string, string>) };
  for (const secrets of [['a&b<c'], ['a&amp;b&lt;c']]) {
    const signed = { ...headers, 'x-wc-webhook-signature': sign('a&b<c', body) };
    expect(verifyWoo({ headers: signed, body }, { secrets, account: '' })).toMatchObject({
      kind: 'signed',
      head: { topic: 'order.created' },
    });
  }
  const forged = { ...headers, 'x-wc-webhook-signature': sign('other', body) };
  expect(verifyWoo({ headers: forged, body }, { secrets: ['a&b<c'], account: '' }).kind).toBe('refused');
});

it('two deliveries of one webhook in one second share their id at WooCommerce and are told apart by what they say', () => {
  const keyOf = (text: string): string => {
    const bytes = Buffer.from(text);
    const headers = {
      ...lower(fixtureJson('woocommerce/_headers.example.json') as Record<string, string>),
      'x-wc-webhook-signature': sign('hush', bytes),
    };
    const verified = verifyWoo({ headers, body: bytes }, { secrets: ['hush'], account: '' });
    if (verified.kind !== 'signed') throw new Error(verified.kind);
    return verified.head.deliveryKey;
  };
  expect(keyOf('{"id":1}')).toBe(keyOf('{"id":1}'));
  expect(keyOf('{"id":1}')).not.toBe(keyOf('{"id":2}'));
});

it('the unsigned form that asks whether anybody is there is a ping, and no other form is', () => {
  const ping = Buffer.from(String(fixtureJson('woocommerce/_deleted_and_ping.example.json')['ping_form_body']));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(verifyWoo({ headers, body: ping }, { secrets: ['hush'], account: '' })).toEqual({ kind: 'ping' });
  const more = Buffer.from('webhook_id=3&id=4');
  expect(verifyWoo({ headers, body: more }, { secrets: ['hush'], account: '' })).toEqual({ kind: 'refused' });
});
