import { createHash } from 'node:crypto';
import type { SandboxClock } from '../sandbox-clock.ts';
import { mixSeed } from '../shop/random.ts';
import { postDelivery } from '../twin/post-delivery.ts';
import { signBody } from '../twin/sign-body.ts';
import { type Misbehaviour, UnreliableQueue } from '../unreliable/index.ts';
import type { WooEvent, WooResource } from './woo-shop.ts';

/** A delivery that fails when so many failed before it, in a row, disables its webhook. */
const FAILURES_BORNE = 5;
const TIMEOUT_MS = 60_000;
const USER_AGENT = 'WooCommerce/10.4.2 Hookshot (WordPress/6.9)';
const SECOND_MS = 1_000;

export const WOO_TOPICS: readonly string[] = ['order', 'product', 'customer', 'coupon'].flatMap((resource) =>
  ['created', 'updated', 'deleted', 'restored']
    .filter((event) => event !== 'restored' || resource !== 'customer')
    .map((event) => `${resource}.${event}`),
);

export interface WooWebhook {
  readonly id: number;
  name: string;
  topic: string;
  deliveryUrl: string;
  secret: string;
  status: 'active' | 'paused' | 'disabled';
  failureCount: number;
  readonly createdAtMs: number;
  modifiedAtMs: number;
}

interface WooDelivery {
  readonly webhookId: number;
  readonly resource: WooResource;
  readonly event: WooEvent;
  readonly id: number;
}

export interface FlushReport {
  readonly delivered: number;
  readonly failed: number;
}

/** What is kept of them while the shop is closed: not what was on its way. */
export interface SavedWooWebhooks {
  readonly webhooks: ReadonlyMap<number, WooWebhook>;
  readonly nextId: number;
}

export interface WooWebhooksOptions {
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly siteUrl: string;
  readonly misbehaviour: Misbehaviour;
  readonly saved?: SavedWooWebhooks | undefined;
  /** What is true of a thing when it is delivered. */
  payloadOf(resource: WooResource, id: number): object;
}

/** Webhooks of a shop, and what waits for its clockwork. Each is tried once. */
export class WooWebhooks {
  readonly webhooks: Map<number, WooWebhook>;
  private readonly options: WooWebhooksOptions;
  private readonly queue: UnreliableQueue<WooDelivery>;
  private nextId: number;
  private flushing: Promise<FlushReport> = Promise.resolve({ delivered: 0, failed: 0 });

  constructor(options: WooWebhooksOptions) {
    this.options = options;
    this.webhooks = new Map(options.saved?.webhooks);
    this.nextId = options.saved?.nextId ?? 1;
    this.queue = new UnreliableQueue(mixSeed(options.seed, 13), options.misbehaviour);
  }

  get lostCount(): number {
    return this.queue.lostCount;
  }

  get nextDueAtMs(): number | undefined {
    return this.queue.nextDueAtMs;
  }

  save(): SavedWooWebhooks {
    return { webhooks: this.webhooks, nextId: this.nextId };
  }

  behave(misbehaviour: Misbehaviour): void {
    this.queue.behave(misbehaviour);
  }

  /** Calls its address at once, without a signature, to see whether anybody is there. */
  async create(given: Pick<WooWebhook, 'topic' | 'deliveryUrl' | 'secret'> & Partial<WooWebhook>): Promise<WooWebhook> {
    const atMs = this.options.clock.now();
    const webhook: WooWebhook = {
      ...{ name: given.topic, status: 'active', ...given, id: this.nextId++, failureCount: 0 },
      ...{ createdAtMs: atMs, modifiedAtMs: atMs },
    };
    this.webhooks.set(webhook.id, webhook);
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'User-Agent': USER_AGENT };
    const body = Buffer.from(`webhook_id=${webhook.id}`);
    await postDelivery(webhook.deliveryUrl, { headers, body, timeoutMs: TIMEOUT_MS });
    return webhook;
  }

  /** Every core topic to one address. */
  async createAll(deliveryUrl: string, secret: string): Promise<void> {
    for (const topic of WOO_TOPICS) await this.create({ topic, deliveryUrl, secret });
  }

  change(
    id: number,
    changes: Partial<Pick<WooWebhook, 'name' | 'topic' | 'deliveryUrl' | 'secret' | 'status'>>,
  ): WooWebhook | undefined {
    const webhook = this.webhooks.get(id);
    if (webhook === undefined) return undefined;
    if (changes.status === 'active' && webhook.status !== 'active') webhook.failureCount = 0;
    return Object.assign(webhook, changes, { modifiedAtMs: this.options.clock.now() });
  }

  tell(resource: WooResource, event: WooEvent, id: number): void {
    for (const { id: webhookId, topic, status } of this.webhooks.values())
      if (status === 'active' && topic === `${resource}.${event}`)
        this.queue.tell({ webhookId, resource, event, id }, this.options.clock.now());
  }

  /** Sends everything that is due by the clock, as it is now. */
  flush(): Promise<FlushReport> {
    this.flushing = this.flushing.then(() => this.sendDue());
    return this.flushing;
  }

  private async sendDue(): Promise<FlushReport> {
    let delivered = 0;
    let failed = 0;
    for (;;) {
      const due = this.queue.takeDue(this.options.clock.now());
      if (due === undefined) return { delivered, failed };
      const webhook = this.webhooks.get(due.item.webhookId);
      if (webhook?.status !== 'active') continue;
      if (await this.send(webhook, due.item)) delivered++;
      else failed++;
    }
  }

  private async send(webhook: WooWebhook, { resource, event, id }: WooDelivery): Promise<boolean> {
    const payload = event === 'deleted' ? { id } : this.options.payloadOf(resource, id);
    const body = Buffer.from(JSON.stringify(payload));
    const { status } = await postDelivery(webhook.deliveryUrl, {
      headers: this.headersOf(webhook, { resource, event, body }),
      ...{ body, timeoutMs: TIMEOUT_MS },
    });
    // A redirect is not followed, and counts as heard.
    const isHeard = status !== undefined && status >= 200 && status < 303;
    if (isHeard) webhook.failureCount = 0;
    else if (webhook.failureCount > FAILURES_BORNE) webhook.status = 'disabled';
    else webhook.failureCount++;
    return isHeard;
  }

  private headersOf(
    webhook: WooWebhook,
    of: { resource: WooResource; event: WooEvent; body: Buffer },
  ): Record<string, string> {
    const second = Math.floor(this.options.clock.now() / SECOND_MS);
    return {
      'Content-Type': 'application/json',
      'User-Agent': USER_AGENT,
      'X-WC-Webhook-Source': `${this.options.siteUrl}/`,
      'X-WC-Webhook-Topic': webhook.topic,
      'X-WC-Webhook-Resource': of.resource,
      'X-WC-Webhook-Event': of.event,
      'X-WC-Webhook-Signature': signBody(decodeSecret(webhook.secret), of.body),
      'X-WC-Webhook-ID': String(webhook.id),
      // Of webhook and second alone: two in one second share it.
      'X-WC-Webhook-Delivery-ID': createHash('md5').update(`${webhook.id}${second}`).digest('hex'),
    };
  }
}

/** `wp_specialchars_decode( $secret, ENT_QUOTES )`. */
function decodeSecret(secret: string): string {
  return secret
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#039;', "'")
    .replaceAll('&amp;', '&');
}
