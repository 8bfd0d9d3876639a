import type { SandboxClock } from '../sandbox-clock.ts';
import { mixSeed, Random } from '../shop/random.ts';
import { postDelivery } from '../twin/post-delivery.ts';
import { signBody } from '../twin/sign-body.ts';
import { type Misbehaviour, UnreliableQueue } from '../unreliable/index.ts';
import type { ShopEventHead, ShopifyIdentity } from './shopify-shop.ts';
import { COMPLIANCE_TOPICS, SHOPIFY_TOPICS } from './topics.data.ts';
import { type ShopifyJson, writeJson } from './write-json.ts';

/** Waits before the eight retries: the last one comes four hours after the first attempt. */
export const RETRY_AFTER_MINUTES = [1, 2, 4, 8, 16, 32, 64, 113] as const;
const MINUTE_MS = 60_000;
const TIMEOUT_MS = 5_000;

export interface ShopifySubscription {
  readonly id: string;
  readonly topic: string;
  readonly uri: string;
  readonly createdAtMs: number;
  readonly apiVersion: string;
  /** Made by the Admin API: deleted when nobody listens. One of the app itself stays. */
  readonly isFromApi: boolean;
}

interface ShopifyDelivery {
  readonly subscription: ShopifySubscription;
  readonly headers: Readonly<Record<string, string>>;
  /** As it was when it happened, whenever it comes. */
  readonly body: Buffer;
  readonly attempt: number;
  readonly firstAttemptAtMs: number | undefined;
}

export interface FlushReport {
  readonly delivered: number;
  readonly failed: number;
}

/** What is kept of them while the shop is closed: not what was on its way. */
export interface SavedShopifyWebhooks {
  readonly subscriptions: ReadonlyMap<string, ShopifySubscription>;
  readonly nextId: number;
  readonly random: number;
}

export interface ShopifyWebhooksOptions {
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly identity: ShopifyIdentity;
  readonly clientSecret: string;
  readonly misbehaviour: Misbehaviour;
  readonly saved?: SavedShopifyWebhooks | undefined;
}

/** Subscriptions, and what is on its way to them. */
export class ShopifyWebhooks {
  readonly subscriptions: Map<string, ShopifySubscription>;
  private readonly options: ShopifyWebhooksOptions;
  private readonly queue: UnreliableQueue<ShopifyDelivery>;
  private readonly random: Random;
  private readonly heardAtMs = new Map<string, number>();
  private told = 0;
  private nextId: number;
  private flushing: Promise<FlushReport> = Promise.resolve({ delivered: 0, failed: 0 });

  constructor(options: ShopifyWebhooksOptions) {
    const { saved } = options;
    this.options = options;
    this.subscriptions = new Map(saved?.subscriptions);
    this.nextId = saved?.nextId ?? 1_400_000_000_000;
    this.queue = new UnreliableQueue(mixSeed(options.seed, 3), options.misbehaviour);
    this.random = new Random(saved?.random ?? mixSeed(options.seed, 2));
  }

  get lostCount(): number {
    return this.queue.lostCount;
  }

  /** When the next delivery is due; undefined: none is on its way. */
  get nextDueAtMs(): number | undefined {
    return this.queue.nextDueAtMs;
  }

  save(): SavedShopifyWebhooks {
    return { subscriptions: this.subscriptions, nextId: this.nextId, random: this.random.state };
  }

  behave(misbehaviour: Misbehaviour): void {
    this.queue.behave(misbehaviour);
  }

  /** Undefined: this address has the topic already. */
  subscribe(given: Omit<ShopifySubscription, 'id' | 'createdAtMs'>): ShopifySubscription | undefined {
    for (const { topic, uri } of this.subscriptions.values())
      if (topic === given.topic && uri === given.uri) return undefined;
    const subscription = { id: String(this.nextId++), createdAtMs: this.options.clock.now(), ...given };
    this.subscriptions.set(subscription.id, subscription);
    return subscription;
  }

  /** As the app's own settings do: every topic, those of the law too. */
  subscribeApp(uri: string, apiVersion: string): void {
    for (const topic of [...SHOPIFY_TOPICS, ...COMPLIANCE_TOPICS])
      this.subscribe({ topic, uri, apiVersion, isFromApi: false });
  }

  tell(head: ShopEventHead, topic: string, payload: ShopifyJson): void {
    const body = Buffer.from(writeJson(payload));
    const triggeredAt = this.triggeredAt(head.atMs);
    for (const subscription of this.subscriptions.values()) {
      if (subscription.topic !== topic) continue;
      const headers = this.headersOf(subscription, { head, triggeredAt, body });
      this.queue.tell({ subscription, headers, body, attempt: 0, firstAttemptAtMs: undefined }, head.atMs);
    }
  }

  /** Sends everything that is due by the clock, one after the other. */
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
      const { item, dueAtMs } = due;
      // What was for a subscription that is gone goes with it.
      if (!this.subscriptions.has(item.subscription.id)) continue;
      const { uri, id } = item.subscription;
      const { status } = await postDelivery(uri, { headers: item.headers, body: item.body, timeoutMs: TIMEOUT_MS });
      if (status !== undefined && status >= 200 && status < 300) {
        this.heardAtMs.set(id, dueAtMs);
        delivered++;
      } else {
        this.retryLater(item, dueAtMs);
        failed++;
      }
    }
  }

  private retryLater(item: ShopifyDelivery, atMs: number): void {
    const firstAttemptAtMs = item.firstAttemptAtMs ?? atMs;
    const wait = RETRY_AFTER_MINUTES[item.attempt];
    if (wait !== undefined) {
      this.queue.hold({ ...item, attempt: item.attempt + 1, firstAttemptAtMs }, atMs + wait * MINUTE_MS);
      return;
    }
    const { subscription } = item;
    const heardAtMs = this.heardAtMs.get(subscription.id);
    const isDeaf = heardAtMs === undefined || heardAtMs < firstAttemptAtMs;
    // Nobody is told.
    if (subscription.isFromApi && isDeaf) this.subscriptions.delete(subscription.id);
  }

  private headersOf(
    { topic, apiVersion }: ShopifySubscription,
    of: { head: ShopEventHead; triggeredAt: string; body: Buffer },
  ): Record<string, string> {
    return {
      'Content-Type': 'application/json',
      'User-Agent': 'Shopify-Captain-Hook',
      'X-Shopify-Topic': topic,
      'X-Shopify-Hmac-Sha256': signBody(this.options.clientSecret, of.body),
      'X-Shopify-Shop-Domain': this.options.identity.domain,
      'X-Shopify-API-Version': apiVersion,
      'X-Shopify-Webhook-Id': this.random.uuid(),
      'X-Shopify-Event-Id': of.head.id,
      'X-Shopify-Triggered-At': of.triggeredAt,
    };
  }

  /** To the nanosecond, and of no two the same. */
  private triggeredAt(atMs: number): string {
    const rest = String(this.told++ % 1_000_000).padStart(6, '0');
    return new Date(atMs).toISOString().replace('Z', `${rest}Z`);
  }
}
