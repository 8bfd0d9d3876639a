import type { SandboxClock } from '../sandbox-clock.ts';
import { mixSeed, Random } from '../shop/random.ts';
import { createWooState, type WooState } from './woo-state.ts';

export interface WooIdentity {
  /** `https://shop.example`, without a slash at its end. */
  readonly siteUrl: string;
  readonly currency: string;
  readonly utcOffsetMinutes: number;
  /** On top of prices: 600 is 6 %. */
  readonly taxHundredths: number;
  /** Whether a sale touches the date of what it sold, as it does since WooCommerce 3.x; before, and with some plugins, nothing tells. */
  readonly tellsOfSales: boolean;
}

export type WooResource = 'order' | 'product' | 'customer' | 'coupon';
export type WooEvent = 'created' | 'updated' | 'deleted' | 'restored';

/** What is kept of a shop while it is closed. */
export interface SavedWooShop {
  readonly state: WooState;
  readonly ids: { post: number; user: number; item: number };
  readonly random: number;
}

/** The shop as its verbs see it. */
export interface WooShop {
  readonly identity: WooIdentity;
  readonly state: WooState;
  readonly random: Random;
  now(): number;
  newPostId(): number;
  newUserId(): number;
  newItemId(): number;
  /** That something happened to it: what is true then is said when it is delivered. */
  tell(resource: WooResource, event: WooEvent, id: number): void;
  save(): SavedWooShop;
}

export function createWooShop(options: {
  readonly identity: WooIdentity;
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly saved?: SavedWooShop | undefined;
  tell(resource: WooResource, event: WooEvent, id: number): void;
}): WooShop {
  const { saved } = options;
  const ids = { ...(saved?.ids ?? { post: 700, user: 20, item: 300 }) };
  const state = saved?.state ?? createWooState();
  const random = new Random(saved?.random ?? mixSeed(options.seed, 11));
  return {
    identity: options.identity,
    ...{ state, random },
    now: () => options.clock.now(),
    newPostId: () => ++ids.post,
    newUserId: () => ++ids.user,
    newItemId: () => ++ids.item,
    tell: (...told) => options.tell(...told),
    save: () => ({ state, ids, random: random.state }),
  };
}
