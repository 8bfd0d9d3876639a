import { Analytics, type HTTPFetchRequest } from '@segment/analytics-node';
import type { SandboxClock } from '../sandbox-clock.ts';
import type { ShopEvent } from './shop-event.ts';

export interface TrackerOptions {
  readonly server: string;
  readonly writeKey: string;
  readonly clock: SandboxClock;
}

export interface Tracker {
  /** Resolves once the server has taken every event; rejects when the SDK gives up on one. */
  send(events: readonly ShopEvent[]): Promise<void>;
  close(): Promise<void>;
}

type Acknowledge = (error?: unknown) => void;

/** Segment's own SDK, pointed at the server. */
export function createTracker({ server, writeKey, clock }: TrackerOptions): Tracker {
  const analytics = new Analytics({
    host: server,
    writeKey,
    flushAt: 50,
    flushInterval: 50,
    maxRetries: 5,
    // The SDK stamps its batches with the system's time, from which the server would correct every event's own time.
    httpClient: (url: string, request: HTTPFetchRequest) =>
      fetch(url, { ...request, body: stampSentAt(request.body, clock) }),
  });
  // Failures reach the caller through each event's own callback.
  analytics.on('error', () => undefined);
  return {
    send: async (events) => {
      await Promise.all(
        events.map(
          (event) =>
            new Promise<void>((resolve, reject) => {
              call(analytics, event, (error) => {
                if (error === undefined || error === null) resolve();
                else reject(error instanceof Error ? error : new Error('The server did not take an event'));
              });
            }),
        ),
      );
    },
    close: () => analytics.closeAndFlush({ timeout: 1000 }),
  };
}

function stampSentAt(body: string, clock: SandboxClock): string {
  return JSON.stringify({ ...(JSON.parse(body) as object), sentAt: new Date(clock.now()).toISOString() });
}

function call(analytics: Analytics, event: ShopEvent, acknowledge: Acknowledge): void {
  const { messageId, anonymousId, context } = event;
  const timestamp = new Date(event.atMs);
  const from = event.userId === null ? { anonymousId } : { anonymousId, userId: event.userId };
  const common = { ...from, messageId, timestamp, context };
  switch (event.type) {
    case 'identify':
      return analytics.identify({ ...common, traits: event.properties }, acknowledge);
    case 'page':
      return analytics.page({ ...common, name: event.name, properties: event.properties }, acknowledge);
    case 'track':
      return analytics.track({ ...common, event: event.name, properties: event.properties }, acknowledge);
  }
}
