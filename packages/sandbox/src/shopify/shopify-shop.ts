import { mixSeed, Random } from '../shop/random.ts';
import type { SandboxClock } from '../sandbox-clock.ts';
import type { ShopifyJson } from './write-json.ts';
import { createShopifyState, type ShopifyState } from './shopify-state.ts';

/** What a shop is, whatever happens in it. */
export interface ShopifyIdentity {
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly currency: string;
  /** Of the shop's time zone, without summer time: payloads say instants with it. */
  readonly utcOffsetMinutes: number;
  /** Put on top of prices: 600 is 6 %. */
  readonly taxHundredths: number;
}

/** One thing that somebody did; all that is told of it shares its id. */
export interface ShopEventHead {
  readonly id: string;
  readonly atMs: number;
}

/** What is kept of a shop while it is closed. */
export interface SavedShopifyShop {
  readonly state: ShopifyState;
  readonly lastId: string;
  readonly orderNumber: number;
  readonly random: number;
}

/** The shop as its verbs see it. */
export interface ShopifyShop {
  readonly identity: ShopifyIdentity;
  readonly state: ShopifyState;
  readonly random: Random;
  /** The next id: above 2^53, and so near to the last that a double cannot tell them apart. */
  newId(): string;
  newToken(): string;
  nextOrderNumber(): number;
  begin(): ShopEventHead;
  tell(head: ShopEventHead, topic: string, payload: ShopifyJson): void;
  save(): SavedShopifyShop;
}

const FIRST_ID = 820_982_911_946_154_000n;
const FIRST_ORDER_NUMBER = 1_001;

export function createShopifyShop(options: {
  readonly identity: ShopifyIdentity;
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly saved?: SavedShopifyShop | undefined;
  tell(head: ShopEventHead, topic: string, payload: ShopifyJson): void;
}): ShopifyShop {
  const { saved } = options;
  const random = new Random(saved?.random ?? mixSeed(options.seed, 1));
  let lastId = saved === undefined ? FIRST_ID + BigInt(random.whole(1, 1_000_000)) * 1_000n : BigInt(saved.lastId);
  let orderNumber = saved?.orderNumber ?? FIRST_ORDER_NUMBER;
  const state = saved?.state ?? createShopifyState();
  return {
    identity: options.identity,
    ...{ state, random },
    newId: () => String((lastId += BigInt(random.whole(1, 40)))),
    newToken: () => random.uuid().replaceAll('-', ''),
    nextOrderNumber: () => orderNumber++,
    begin: () => ({ id: random.uuid(), atMs: options.clock.now() }),
    tell: (...told) => options.tell(...told),
    save: () => ({ state, lastId: String(lastId), orderNumber, random: random.state }),
  };
}
