import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createContext, type Services } from '../../../platform/context.ts';
import { cutLanes, inTransaction, type TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import type { StoredAttempt } from './attempt.ts';
import type { ClaimedDelivery } from './claim-due.ts';
import { isPassingFault, recordAttempts, recordHealth } from './delivery-store.ts';
import { disableEndpoint, type EndpointRow, findEndpoint } from './endpoint-store.ts';
import { countAttempts } from './health-store.ts';
import { webhookMetrics } from './webhook-metrics.ts';
import { type CallOutcome, type EndpointHealth, isSuccess, planDelivery, planHealth } from './plan-delivery.ts';

const RANDOM_STEPS = 1_000_000;
/** What was called and not written down is called again: worth a few tries before. */
const RECORD_TRIES = 5;
const RECORD_RETRY_MS = 200;

/** A call that has ended. */
export interface EndedCall {
  readonly delivery: ClaimedDelivery;
  readonly outcome: CallOutcome;
  readonly attempt: StoredAttempt;
}

interface Waiting {
  readonly call: EndedCall;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes down what became of calls: one transaction at a time for an endpoint, with all that ended meanwhile. A fast
 * endpoint's row is not locked for each of its calls.
 */
export class AttemptRecorder {
  readonly #services: Services;
  /** By endpoint; an entry exists while its transactions run. */
  readonly #queues = new Map<string, Waiting[]>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Resolves once it is written. */
  record(call: EndedCall): Promise<void> {
    return new Promise((done, failed) => {
      const waiting = { call, done, failed };
      const key = call.delivery.endpointId;
      const queue = this.#queues.get(key);
      if (queue !== undefined) queue.push(waiting);
      else {
        this.#queues.set(key, [waiting]);
        void this.#drain(key);
      }
    });
  }

  async #drain(key: string): Promise<void> {
    for (;;) {
      const batch = this.#queues.get(key)!.splice(0);
      if (batch.length === 0) break;
      try {
        const ended = await persistently(() =>
          recordBatch(
            this.#services,
            batch.map(({ call }) => call),
          ),
        );
        count(this.#services, ended);
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#queues.delete(key);
  }
}

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let triesLeft = RECORD_TRIES; ;) {
    try {
      return await work();
    } catch (error) {
      if (--triesLeft === 0 || !isPassingFault(error)) throw error;
      await pause(RECORD_RETRY_MS);
    }
  }
}

/** What a call came to, once it was written down. */
interface Ended {
  readonly outcome: 'delivered' | 'failed' | 'retried';
  readonly tookMs: number | null;
}

function count(services: Services, ended: readonly Ended[]): void {
  const { outcomes, callDuration } = webhookMetrics(services);
  for (const { outcome, tookMs } of ended) {
    outcomes.inc({ outcome });
    if (tookMs !== null) callDuration.observe(tookMs / 1_000);
  }
}

/** Calls of one endpoint, in the order they ended; answers those that were still ours. */
async function recordBatch(services: Services, calls: readonly EndedCall[]): Promise<Ended[]> {
  const { workspaceId, endpointId } = calls[0]!.delivery;
  const ctx = createContext(services, workspaceId, { kind: 'system', name: 'webhooks' });
  return inTransaction(ctx, async (ctx) => {
    const now = ctx.clock.now();
    // The endpoint first, as everyone who locks both does.
    const endpoint = await findEndpoint(ctx.sql, workspaceId, { id: endpointId, lock: true });
    const results = calls.map(({ delivery, outcome, attempt }) => {
      const next = planDelivery(outcome, { tries: delivery.tries, now, random: random() });
      const nextAttemptAt = next.kind === 'retry' ? next.atMs : undefined;
      return {
        id: delivery.id,
        claim: delivery.claim,
        attempt,
        status: next.kind === 'retry' ? 'waiting' : next.kind,
        nextAttemptAt,
      } as const;
    });
    const ours = await recordAttempts(ctx.sql, workspaceId, { endpointId, results, now });
    const counted = calls.filter(({ delivery }) => ours.has(delivery.id));
    if (endpoint !== undefined && counted.length > 0) await recordEndpoint(ctx, { endpoint, calls: counted, now });
    return results.flatMap(({ id, status, attempt }): Ended[] =>
      ours.has(id) ? [{ outcome: status === 'waiting' ? 'retried' : status, tookMs: attempt.tookMs }] : [],
    );
  });
}

async function recordEndpoint(
  ctx: TxCtx,
  { endpoint, calls, now }: { endpoint: EndpointRow; calls: readonly EndedCall[]; now: number },
): Promise<void> {
  const { id: endpointId } = endpoint;
  await countAttempts(ctx.sql, ctx.workspaceId, {
    endpointId,
    attempts: calls.map(({ outcome, attempt }) => ({ isSuccess: isSuccess(outcome), tookMs: attempt.tookMs ?? 0 })),
    now,
  });
  let health: EndpointHealth = {
    failingSince: endpoint.failing_since?.getTime(),
    failures: endpoint.failures,
    heldUntil: endpoint.held_until?.getTime(),
  };
  let disableBecause: string | undefined;
  for (const { outcome } of calls) {
    const planned = planHealth(health, outcome, { now, random: random() });
    health = planned.health;
    disableBecause ??= planned.disableBecause;
  }
  const failure = calls.findLast(({ outcome }) => !isSuccess(outcome));
  await recordHealth(ctx.sql, ctx.workspaceId, {
    endpointId,
    ...health,
    hasSucceeded: calls.some(({ outcome }) => isSuccess(outcome)),
    failure: failure === undefined ? undefined : (failure.attempt.reason ?? 'it failed'),
    now,
  });
  if (disableBecause === undefined || !endpoint.enabled) return;
  await disableEndpoint(ctx.sql, ctx.workspaceId, { id: endpointId, reason: disableBecause, now });
  const subject = publicId('whk', endpointId);
  await recordAudit(ctx, { action: 'webhook.disabled', subject, detail: { reason: disableBecause } });
  await cutLanes(ctx.sql, 'webhooks');
}

/** From 0 to 1. */
function random(): number {
  return randomInt(RANDOM_STEPS) / RANDOM_STEPS;
}
