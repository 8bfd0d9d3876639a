import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import { ensureDefaultTopics, readSignalConsent } from '../../modules/consent/index.ts';
import { runWebhooks, WebhookSender } from '../../modules/events/index.ts';
import { API_KEY, createEngines, NOW, openWorld, type World } from '../../modules/events/testing/world.ts';
import { runDueWakes } from '../../modules/segments/index.ts';
import { readPositions } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import type { ReceivedCall } from '../../platform/outbound/testing/listener.ts';
import { createTestClock, type TestClock } from '../../testkit/index.ts';

const GIVEN_UP_MS = 20_000;

/** The whole product over HTTP, with webhooks that may call listeners on loopback, and a clock that only the test moves. */
export interface WebhookShop {
  readonly world: World;
  readonly clock: TestClock;
  /** What the API answers; throws where it refuses. */
  call(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: object): Promise<JsonObject>;
  /** Until everything that follows from what happened was decided, and was posted. */
  settle(): Promise<void>;
  /** What a receiver does with the reference library: verifies, at the instant of the clock, and reads. */
  verify(secret: string, call: ReceivedCall): JsonObject;
  close(): Promise<void>;
}

export async function openWebhookShop(): Promise<WebhookShop> {
  const clock = createTestClock(NOW);
  const engines = await createEngines();
  const outbound = createOutbound({ allow: ['127.0.0.0/8'] });
  const world = await openWorld(engines, { clock, outbound });
  const { services, processId } = world;
  await ensureDefaultTopics(services.postgres, world.ctx.workspaceId);
  const sender = new WebhookSender(services, { outbound, processId });
  const abort = new AbortController();
  world.work();
  const reading = runWebhooks(services, { processId, signal: abort.signal, readSignals: readSignalConsent });
  const read = async (): Promise<void> => {
    await world.settle();
    const givenUpAt = performance.now() + GIVEN_UP_MS;
    while (performance.now() < givenUpAt) {
      const lanes = await readPositions(services.postgres, 'webhooks');
      if (lanes.every((lane) => lane.seq === lane.head)) return;
      await pause(15);
    }
    throw new Error('the webhooks did not read the logs to their end in time');
  };
  return {
    world,
    clock,
    async call(method, path, body) {
      const response = await world.http.inject({
        method,
        url: `/api/v1${path}`,
        headers: { authorization: `Bearer ${API_KEY}` },
        ...(body !== undefined && { payload: body }),
      });
      if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${response.body}`);
      return response.json<JsonObject>();
    },
    async settle() {
      await read();
      while ((await runDueWakes(services)) > 0);
      await read();
      do await sender.idle();
      while ((await sender.round()) > 0);
    },
    verify(secret, call) {
      vi.setSystemTime(clock.now());
      try {
        return new Webhook(secret).verify(call.body, call.headers as Record<string, string>) as JsonObject;
      } finally {
        vi.useRealTimers();
      }
    },
    async close() {
      abort.abort();
      await reading;
      await sender.idle();
      await world.close();
      await engines.drop();
    },
  };
}
