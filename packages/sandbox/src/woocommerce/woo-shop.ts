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
}

export function createWooShop(options: {
  readonly identity: WooIdentity;
  readonly clock: SandboxClock;
  readonly seed: number;
  tell(resource: WooResource, event: WooEvent, id: number): void;
}): WooShop {
  let post = 700;
  let user = 20;
  let item = 300;
  return {
    identity: options.identity,
    state: createWooState(),
    random: new Random(mixSeed(options.seed, 11)),
    now: () => options.clock.now(),
    newPostId: () => ++post,
    newUserId: () => ++user,
    newItemId: () => ++item,
    tell: (...told) => options.tell(...told),
  };
}
