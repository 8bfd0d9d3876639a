import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import { readPositions } from '../../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../../platform/json.ts';
import { createOutbound } from '../../../../platform/outbound/index.ts';
import type { ReceivedCall } from '../../../../platform/outbound/testing/listener.ts';
import type { TestClock } from '../../../../testkit/index.ts';
import { API_KEY, type Answer, type Engines, openWorld, type World } from '../../testing/world.ts';
import { runWebhooks, WebhookSender } from '../index.ts';

/** One server process with webhooks, allowed to call listeners on loopback. */
export interface Shop {
  readonly world: World;
  readonly sender: WebhookSender;
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown, apiKey?: string): Promise<Answer>;
  /** Creates an endpoint; answers its public id and its secret. */
  endpoint(fields: JsonObject, apiKey?: string): Promise<{ id: string; secret: string }>;
  /** Starts the processor, the archive and the reader of webhooks. */
  work(): void;
  /** Starts the reader of webhooks alone. */
  read(): void;
  /** Until the reader has passed everything in the logs. */
  settle(): Promise<void>;
  /** Until everything that is due now was called and written down. */
  deliver(): Promise<void>;
  deliveries(id: string, query?: string): Promise<JsonObject[]>;
  close(): Promise<void>;
}

export const outbound = createOutbound({ allow: ['127.0.0.0/8'] });

export async function openShop(engines: Engines, clock: TestClock): Promise<Shop> {
  const world = await openWorld(engines, { clock, outbound });
  const { services, processId } = world;
  const sender = new WebhookSender(services, { outbound, processId });
  const abort = new AbortController();
  let running: Promise<void> | undefined;
  const shop: Shop = {
    world,
    sender,
    async call(method, path, body, apiKey = API_KEY) {
      const response = await world.http.inject({
        method,
        url: `/api/v1${path}`,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      });
      const answered = response.body === '' ? {} : response.json<JsonObject>();
      return { status: response.statusCode, headers: response.headers, body: answered };
    },
    async endpoint(fields, apiKey) {
      const { status, body } = await shop.call('POST', '/webhooks', fields, apiKey);
      if (status !== 201) throw new Error(`no endpoint: ${status} ${JSON.stringify(body)} ${world.logs.at(-1)}`);
      return { id: String(body['id']), secret: String(body['secret']) };
    },
    work() {
      world.work();
      shop.read();
    },
    read() {
      running = runWebhooks(services, { processId, signal: abort.signal, readSignals: readNoSignals });
    },
    async settle() {
      await world.settle();
      const givenUpAt = performance.now() + 20_000;
      while (performance.now() < givenUpAt) {
        const lanes = await readPositions(services.postgres, 'webhooks');
        if (lanes.every((lane) => lane.seq === lane.head)) return;
        await pause(15);
      }
      throw new Error('the webhooks did not read the logs to their end in time');
    },
    async deliver() {
      do await sender.idle();
      while ((await sender.round()) > 0);
    },
    async deliveries(id, query = '') {
      const { body } = await shop.call('GET', `/webhooks/${id}/deliveries${query}`);
      return body['items'] as JsonObject[];
    },
    async close() {
      abort.abort();
      await running;
      await sender.idle();
      await world.close();
    },
  };
  return shop;
}

/** Signals are kept by consent, above; `compose` joins them. */
export const readNoSignals = async () => new Map<never, never>();

/** What a receiver does with the reference library: verifies, at the instant of the clock, and reads. */
export function verify(secret: string, call: ReceivedCall, clock: TestClock): JsonObject {
  vi.setSystemTime(clock.now());
  try {
    return new Webhook(secret).verify(call.body, call.headers as Record<string, string>) as JsonObject;
  } finally {
    vi.useRealTimers();
  }
}
