import { expect, it, vi } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { newDataKey, seal } from '../../../platform/crypto/index.ts';
import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import { deliveryBody, deliveryId, deliveryType, openBody } from './delivery-body.ts';
import { newSecret, signWebhook } from './sign-webhook.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const event: LoggedEvent = {
  workspaceId: 1,
  id: 'm-1',
  type: 'track',
  name: 'Order Completed',
  occurredAt: NOW - 1_000,
  receivedAt: NOW,
  nodes: [{ kind: 1, id: 7 }],
  sealed: '',
  payload: { properties: { total: 12, items: [{ note: 'x' }, {}] }, context: { page: { path: '/' } }, source: 3 },
  log: 0,
  lane: 4,
  seq: 9,
};
const OF = {
  profileId: '019a9c00-0000-7000-8000-000000000001',
  sourceId: '019a9c00-0000-7000-8000-000000000002',
};

it.each([
  [{ type: 'track', name: 'Order Completed' }, 'track.order_completed'],
  [{ type: 'internal', name: 'Segment Entered' }, 'segue.segment_entered'],
  [{ type: 'identify', name: '' }, 'identify'],
  [{ type: 'page', name: 'Home' }, 'page'],
  [{ type: 'track', name: '…' }, 'track'],
  [{ type: 'track', name: ' Ça va? ' }, 'track.a_va'],
] as const)('the type of %o is %s', (of, type) => expect(deliveryType(of)).toBe(type));

it('a body says what happened to whom by the public id, and nothing of how it is kept', () => {
  expect(JSON.parse(deliveryBody(event, OF))).toEqual({
    type: 'track.order_completed',
    timestamp: '2026-11-23T11:59:59.000Z',
    data: {
      event: {
        id: 'm-1',
        type: 'track',
        name: 'Order Completed',
        occurredAt: '2026-11-23T11:59:59.000Z',
        receivedAt: '2026-11-23T12:00:00.000Z',
        profileId: 'prf_019a9c00000070008000000000000001',
        source: 'src_019a9c00000070008000000000000002',
        properties: { total: 12, items: [{ note: 'x' }, {}] },
        context: { page: { path: '/' } },
      },
    },
  });
  expect(JSON.parse(deliveryBody(event, { profileId: undefined, sourceId: undefined }))).toMatchObject({
    data: { event: { profileId: null, source: null } },
  });
});

it('personal values come back to their places, and without their key the rest goes alone', () => {
  const key = newDataKey();
  const body = deliveryBody(event, OF);
  const personal = {
    properties: { email: 'ada@example.com', items: [null, { name: 'Ada' }] },
    context: { ip: '1.2.3.4' },
  };
  const sealed = seal(key, JSON.stringify(personal));
  expect(JSON.parse(openBody(body, sealed, key))).toMatchObject({
    type: 'track.order_completed',
    data: {
      event: {
        id: 'm-1',
        properties: { total: 12, email: 'ada@example.com', items: [{ note: 'x' }, { name: 'Ada' }] },
        context: { ip: '1.2.3.4', page: { path: '/' } },
      },
    },
  });
  expect(openBody(body, sealed, undefined)).toBe(body);
  expect(openBody(body, null, key)).toBe(body);
});

it('an id is the same whenever it is made, and another for another endpoint or event', () => {
  const id = deliveryId('e1', event);
  expect(deliveryId('e1', { ...event })).toBe(id);
  const others = [
    deliveryId('e2', event),
    deliveryId('e1', { ...event, seq: 10 }),
    deliveryId('e1', { ...event, lane: 5 }),
    deliveryId('e1', { ...event, log: 1 }),
  ];
  expect(new Set([id, ...others]).size).toBe(5);
  expect(deliveryId('e1', { ...event, receivedAt: NOW + 1, seq: 1 }) > id).toBe(true);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('the signature is the one the reference library makes and takes, for every secret that signs', () => {
  vi.setSystemTime(NOW);
  try {
    const secrets = [newSecret(), newSecret()];
    const body = deliveryBody(event, OF);
    const headers = signWebhook({ id: 'dlv_1', body, secrets }, NOW + 999);
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'track.order_completed' });
      expect(headers['webhook-signature']).toContain(new Webhook(secret).sign('dlv_1', new Date(NOW), body));
      expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
      expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'dlv_2' })).toThrow();
    }
    expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow();
  } finally {
    vi.useRealTimers();
  }
});
