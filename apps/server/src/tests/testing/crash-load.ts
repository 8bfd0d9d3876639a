import { setTimeout as pause } from 'node:timers/promises';
import { WRITE_KEY } from './server-process.ts';
import { seededRandom } from './random.ts';

const RETRY_MS = 40;
const REQUEST_TIMEOUT_MS = 60_000;
const DUPLICATE_SHARE = 0.01;

export interface LoadOptions {
  /** Asked before each attempt where there are several servers. */
  readonly url: string | (() => string);
  readonly seed: number;
  readonly shoppers: number;
  /** Every shopper sends exactly so many `Counted` events, each until it is acknowledged. */
  readonly countedEach: number;
  /**
   * After so many of them a shopper, until then only an anonymousId, says who she is. Every second one does so on
   * another device first, and is recognised on this one after as many again: two profiles become one.
   */
  readonly knownAfter: number;
  /** Every so many `Counted` events one `Tried` event, given up after one attempt. */
  readonly triedEvery: number;
  /** Every so many a cart; every second one is bought at once. */
  readonly cartEvery: number;
  /** Rests between two events of a shopper; default 0. */
  readonly restMs?: number;
}

/** One event as its sender knows it. */
export interface SentEvent {
  readonly messageId: string;
  readonly name: string;
  readonly shopper: number;
  /** Its place in what this shopper sent; one in flight at a time. */
  readonly n: number;
  readonly cartId: string | undefined;
  /** By this process's clock; undefined when nobody said it was taken. */
  ackedAtMs: number | undefined;
}

export interface Load {
  readonly events: readonly SentEvent[];
  /** How often an event was sent again though it had been acknowledged. */
  readonly repeats: () => number;
  /** How often a sender was left without an answer or was told to come back. */
  readonly failures: () => number;
  /** What these were, by their system code or status, and how many of each. */
  readonly failureKinds: () => ReadonlyMap<string, number>;
  readonly acknowledged: () => number;
  /** How many events will have been acknowledged at the end, those given up apart. */
  readonly expected: number;
  /** Resolves when every shopper has sent everything. */
  readonly done: Promise<void>;
}

interface Tally {
  readonly events: SentEvent[];
  acknowledged: number;
  repeats: number;
  failures: number;
  readonly failureKinds: Map<string, number>;
}

/** Shoppers who all send at the same time, each one event after the other, and who repeat what was not acknowledged as an SDK does. */
export function startLoad(options: LoadOptions, signal: AbortSignal): Load {
  const tally: Tally = { events: [], acknowledged: 0, repeats: 0, failures: 0, failureKinds: new Map() };
  const plans = Array.from({ length: options.shoppers }, (_, shopper) => planShopper(options, shopper));
  const shoppers = plans.map((plan, shopper) => new Shopper({ options, shopper, tally, signal }).run(plan));
  return {
    events: tally.events,
    repeats: () => tally.repeats,
    failures: () => tally.failures,
    failureKinds: () => tally.failureKinds,
    acknowledged: () => tally.acknowledged,
    expected: plans.flat().filter((planned) => planned.name !== 'Tried').length,
    done: Promise.all(shoppers).then(() => undefined),
  };
}

interface PlannedEvent {
  readonly name: 'Counted' | 'Tried' | 'Identify' | 'Product Added' | 'Order Completed';
  readonly ids: { readonly userId?: string; readonly anonymousId?: string };
  readonly cart: number | undefined;
}

function planShopper(options: LoadOptions, shopper: number): PlannedEvent[] {
  const { countedEach, knownAfter, triedEvery, cartEvery } = options;
  const device = { anonymousId: anonymousIdOf(shopper) };
  const customer = { userId: userIdOf(shopper) };
  const hasTwoDevices = shopper % 2 === 1;
  return Array.from({ length: countedEach }, (_, index) => index + 1).flatMap((n): PlannedEvent[] => {
    const ids = n > knownAfter ? customer : device;
    const cart = n > knownAfter && n % cartEvery === 0 ? n / cartEvery : undefined;
    const plan = (name: PlannedEvent['name'], who: PlannedEvent['ids'] = ids): PlannedEvent => ({
      name,
      ids: who,
      cart: name === 'Product Added' || name === 'Order Completed' ? cart : undefined,
    });
    const isBought = cart !== undefined && cart % 2 === 0;
    return [
      plan('Counted'),
      ...(n === knownAfter ? [plan('Identify', hasTwoDevices ? customer : { ...device, ...customer })] : []),
      ...(n === 2 * knownAfter && hasTwoDevices ? [plan('Identify', { ...device, ...customer })] : []),
      ...(n % triedEvery === 0 ? [plan('Tried')] : []),
      ...(cart === undefined ? [] : [plan('Product Added')]),
      ...(isBought ? [plan('Order Completed')] : []),
    ];
  });
}

interface ShopperOptions {
  readonly options: LoadOptions;
  readonly shopper: number;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

export const userIdOf = (shopper: number): string => `shopper-${shopper}`;
export const emailOf = (shopper: number): string => `shopper-${shopper}@example.com`;
export const anonymousIdOf = (shopper: number): string => `device-${shopper}`;

class Shopper {
  readonly #url: () => string;
  readonly #restMs: number;
  readonly #shopper: number;
  readonly #tally: Tally;
  readonly #signal: AbortSignal;
  readonly #random: () => number;
  /** A body that was acknowledged, to be sent again. */
  #earlier: { path: string; body: string } | undefined;

  constructor({ options, shopper, tally, signal }: ShopperOptions) {
    const { url } = options;
    this.#url = typeof url === 'string' ? () => url : url;
    this.#restMs = options.restMs ?? 0;
    this.#shopper = shopper;
    this.#tally = tally;
    this.#signal = signal;
    this.#random = seededRandom(options.seed + 7_919 * (shopper + 1));
  }

  async run(plan: readonly PlannedEvent[]): Promise<void> {
    for (const [index, planned] of plan.entries()) {
      await this.#send(planned, index + 1);
      if (this.#restMs > 0) await pause(2 * this.#restMs * this.#random());
    }
  }

  async #send(planned: PlannedEvent, n: number): Promise<void> {
    const cartId = planned.cart === undefined ? undefined : `cart-${this.#shopper}-${planned.cart}`;
    const messageId = `event-${this.#shopper}-${n}`;
    const event: SentEvent = { messageId, name: planned.name, shopper: this.#shopper, n, cartId, ackedAtMs: undefined };
    this.#tally.events.push(event);
    const path = planned.name === 'Identify' ? 'identify' : 'track';
    const body = JSON.stringify(this.#bodyOf(event, planned));
    let isTaken = await this.#post(path, body);
    while (!isTaken && planned.name !== 'Tried') {
      await pause(RETRY_MS * (0.5 + this.#random()));
      isTaken = await this.#post(path, body);
    }
    if (!isTaken) return;
    event.ackedAtMs = Date.now();
    if (planned.name !== 'Tried') this.#tally.acknowledged += 1;
    await this.#repeatAtTimes({ path, body });
  }

  #bodyOf({ messageId, name, n, cartId }: SentEvent, { ids }: PlannedEvent): object {
    const now = new Date().toISOString();
    const common = { messageId, timestamp: now, sentAt: now, ...ids };
    if (name !== 'Identify') return { ...common, event: name, properties: { n, cart_id: cartId } };
    return { ...common, traits: { email: emailOf(this.#shopper) }, context: { n } };
  }

  /** Now and then what was acknowledged just now, or a while ago, comes once more. */
  async #repeatAtTimes(sent: { path: string; body: string }): Promise<void> {
    if (this.#random() < DUPLICATE_SHARE) {
      const repeated = this.#random() < 0.5 ? sent : (this.#earlier ?? sent);
      this.#tally.repeats += 1;
      await this.#post(repeated.path, repeated.body);
    }
    if (this.#random() < 0.05) this.#earlier = sent;
  }

  async #post(path: string, body: string): Promise<boolean> {
    if (this.#signal.aborted) throw new Error('the load was called off');
    let fault = '';
    const response = await fetch(`${this.#url()}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` },
      body,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).catch((error: unknown) => {
      fault = faultOf(error);
      return undefined;
    });
    const text = await response?.text().catch((error: unknown) => {
      fault = faultOf(error);
      return undefined;
    });
    if (response?.ok === true && text !== undefined) return true;
    if (response !== undefined && response.status !== 503 && !response.ok)
      throw new Error(`intake answered ${response.status}: ${text}`);
    this.#tally.failures += 1;
    const kind = response === undefined || text === undefined ? fault : String(response.status);
    this.#tally.failureKinds.set(kind, (this.#tally.failureKinds.get(kind) ?? 0) + 1);
    return false;
  }
}

/** The system's code for what broke a request. */
function faultOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : String(error);
}
