import { setTimeout as pause } from 'node:timers/promises';
import { API_KEY } from './server-process.ts';

const RETRY_MS = 40;
const REQUEST_TIMEOUT_MS = 30_000;

/** What became of an order as its buyer was told; undefined: she waits still. */
export type Told = 'placed' | 'refused' | undefined;

export interface OrderLoad {
  readonly told: ReadonlyMap<string, Told>;
  readonly acknowledged: () => number;
  readonly expected: number;
  /** How often a buyer was left without an answer. */
  readonly failures: () => number;
  readonly done: Promise<void>;
}

export interface WantedOrder {
  readonly reference: string;
  readonly body: object;
}

/** Buyers at work: each orders one thing after another, and asks the same again until she is answered. */
export function startOrderLoad(
  url: string,
  buyers: readonly (readonly WantedOrder[])[],
  signal: AbortSignal,
): OrderLoad {
  const all = buyers.flat();
  const told = new Map<string, Told>(all.map(({ reference }) => [reference, undefined]));
  let acknowledged = 0;
  let failures = 0;
  const place = async ({ reference, body }: WantedOrder): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      const status = await attempt(url, { reference, ...body });
      if (status === 201 || status === 409) {
        told.set(reference, status === 201 ? 'placed' : 'refused');
        acknowledged += 1;
        return;
      }
      if (status !== undefined && status < 500 && status !== 429)
        throw new Error(`order ${reference} was answered ${status}`);
      failures += 1;
      await pause(RETRY_MS);
    }
  };
  const buy = async (orders: readonly WantedOrder[]): Promise<void> => {
    for (const order of orders) await place(order);
  };
  return {
    told,
    acknowledged: () => acknowledged,
    expected: all.length,
    failures: () => failures,
    done: Promise.all(buyers.map(buy)).then(() => undefined),
  };
}

async function attempt(url: string, body: object): Promise<number | undefined> {
  try {
    const answer = await fetch(`${url}/api/v1/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}
