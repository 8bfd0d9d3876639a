import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../../../platform/context.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { openNodeKeys } from '../../profiles/index.ts';
import { sealAttempt } from './attempt.ts';
import { callEndpoint } from './call-endpoint.ts';
import { claimDue, type ClaimedDelivery } from './claim-due.ts';
import { openBody } from './delivery-body.ts';
import { freeStranded } from './delivery-store.ts';
import { AttemptRecorder } from './record-attempts.ts';
import { withholdRestricted } from './withhold-restricted.ts';

/** Calls at once of one process. */
const CALLS_MAX = 128;
const RECOVER_EVERY_MS = 2_000;
/** After a call ended, others end soon: so long they are gathered before more is claimed. */
const GATHER_MS = 10;
/** Longer than this nobody waits for a call to end before looking for other endpoints. */
const LOOK_EVERY_MS = 100;

/**
 * Posts what is due. A delivery is claimed in a transaction of its own before the call and its outcome is written after:
 * a process that ends in between leaves it to the next one, which calls again under the same `webhook-id`. So a receiver
 * gets every event at least once, and recognises repeats.
 */
export class WebhookSender {
  readonly #services: Services;
  readonly #outbound: Outbound;
  readonly #processId: string;
  readonly #recorder: AttemptRecorder;
  readonly #calls = new Set<Promise<void>>();
  /** Claims with calls under way. */
  readonly #claims = new Map<string, number>();
  #recoveredAt = Number.NEGATIVE_INFINITY;

  constructor(services: Services, options: { outbound: Outbound; processId: string }) {
    this.#services = services;
    this.#outbound = options.outbound;
    this.#processId = options.processId;
    this.#recorder = new AttemptRecorder(services);
  }

  /** Begins the calls that are due and does not wait for them; answers how many. Call it from one loop only. */
  async round(): Promise<number> {
    await this.#recover();
    const room = CALLS_MAX - this.#calls.size;
    if (room <= 0) return 0;
    const claimId = randomUUID();
    const claimed = await claimDue(this.#services, { owner: this.#processId, claimId, room });
    if (claimed.length === 0) return 0;
    this.#claims.set(claimId, claimed.length);
    const { sent, keys } = await this.#open(claimed).catch((error: unknown) => {
      this.#claims.delete(claimId);
      throw error;
    });
    if (sent.length === 0) this.#claims.delete(claimId);
    else this.#claims.set(claimId, sent.length);
    for (const delivery of sent) {
      const call = this.#deliver(delivery, keys.get(delivery.nodeId ?? -1))
        .catch((error: unknown) => {
          this.#services.logger.warn({ error, deliveryId: delivery.id }, 'a webhook was called and not written down');
        })
        .finally(() => {
          this.#calls.delete(call);
          this.#release(claimId);
        });
      this.#calls.add(call);
    }
    return claimed.length;
  }

  /** As a loop calls it: after a round with nothing to begin, waits until calls have ended; answers whether to go on at once. */
  async work(): Promise<number> {
    const begun = await this.round();
    if (begun > 0 || this.#calls.size === 0) return begun;
    const abort = new AbortController();
    const { signal } = abort;
    await Promise.race([...this.#calls, pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)]);
    abort.abort();
    await pause(GATHER_MS);
    return 1;
  }

  /** Until every call under way has ended and is written down, or so many real milliseconds have passed. */
  async idle(timeoutMs?: number): Promise<void> {
    const ended = Promise.all(this.#calls);
    if (timeoutMs === undefined) await ended;
    else {
      const abort = new AbortController();
      await Promise.race([ended, pause(timeoutMs, undefined, { signal: abort.signal }).catch(() => undefined)]);
      abort.abort();
    }
  }

  async #recover(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#recoveredAt < RECOVER_EVERY_MS) return;
    const { postgres, clock } = this.#services;
    await freeStranded(postgres, { processId: this.#processId, claims: [...this.#claims.keys()], now: clock.now() });
    this.#recoveredAt = nowMs;
  }

  #release(claimId: string): void {
    const left = (this.#claims.get(claimId) ?? 1) - 1;
    if (left === 0) this.#claims.delete(claimId);
    else this.#claims.set(claimId, left);
  }

  /** What may be sent, and what opens it. */
  async #open(
    claimed: readonly ClaimedDelivery[],
  ): Promise<{ sent: readonly ClaimedDelivery[]; keys: ReadonlyMap<number, Buffer> }> {
    const sent = await withholdRestricted(this.#services, claimed);
    return { sent, keys: await this.#openKeys(sent) };
  }

  /** Data keys of the nodes whose personal values are sent. */
  async #openKeys(claimed: readonly ClaimedDelivery[]): Promise<Map<number, Buffer>> {
    const opened = new Map<number, Buffer>();
    const personal = claimed.filter((delivery) => delivery.sealed !== null && delivery.endpoint.includePersonal);
    for (const workspaceId of new Set(personal.map((delivery) => delivery.workspaceId))) {
      const nodes = personal.flatMap((d) => (d.workspaceId === workspaceId && d.nodeId !== null ? [d.nodeId] : []));
      const keys = await this.#services.keysOf(workspaceId);
      const found = await openNodeKeys({ sql: this.#services.postgres, workspaceId, keys }, nodes);
      for (const [node, key] of found) opened.set(node, key);
    }
    return opened;
  }

  async #deliver(delivery: ClaimedDelivery, key: Buffer | undefined): Promise<void> {
    const { endpoint, workspaceId } = delivery;
    const personalKey = endpoint.includePersonal && delivery.sealed !== null ? key : undefined;
    const { attempt, outcome } = await callEndpoint(this.#services, {
      outbound: this.#outbound,
      workspaceId,
      endpoint,
      id: publicId('dlv', delivery.id),
      body: openBody(delivery.body, delivery.sealed, personalKey),
    });
    await this.#recorder.record({ delivery, outcome, attempt: sealAttempt(attempt, personalKey) });
  }
}
