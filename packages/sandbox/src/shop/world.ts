import type { ShopEvent } from './shop-event.ts';
import type { Shopper } from './shopper.ts';

/** What is going to happen, and when. */
export type Due =
  | { readonly kind: 'event'; readonly atMs: number; readonly event: ShopEvent }
  | { readonly kind: 'readMail'; readonly atMs: number; readonly shopper: number; readonly triesLeft: number }
  | { readonly kind: 'return'; readonly atMs: number; readonly shopper: number };

/** The whole state of the pretend world; plain data, so that it can be saved and told on. */
export interface World {
  readonly seed: number;
  /** When the story began; part of every messageId, so that a second story in the same shop is not taken for the first. */
  readonly beganAtMs: number;
  /** Where the shop's pages are in this run; ends in a slash. */
  shopUrl: string;
  randomState: number;
  eventsWritten: number;
  toldUntilMs: number;
  nextVisitAtMs: number;
  shoppers: Shopper[];
  /** By time, earliest first. */
  due: Due[];
}

export interface WorldSettings {
  readonly seed: number;
  readonly beganAtMs: number;
  readonly shopUrl: string;
}

export function beginWorld({ seed, beganAtMs, shopUrl }: WorldSettings): World {
  return {
    seed,
    beganAtMs,
    shopUrl,
    randomState: seed,
    eventsWritten: 0,
    toldUntilMs: beganAtMs,
    nextVisitAtMs: beganAtMs,
    shoppers: [],
    due: [],
  };
}

export function addDue(world: World, due: Due): void {
  let at = world.due.length;
  while (at > 0 && (world.due[at - 1]?.atMs ?? 0) > due.atMs) at -= 1;
  world.due.splice(at, 0, due);
}

/** The same world, with everything that is still to come moved in time: after a pause the shop opens where it closed. */
export function moveWorld(world: World, toMs: number): World {
  const byMs = toMs - world.toldUntilMs;
  return {
    ...world,
    toldUntilMs: toMs,
    nextVisitAtMs: world.nextVisitAtMs + byMs,
    shoppers: world.shoppers.map((shopper) => ({ ...shopper, busyUntilMs: shopper.busyUntilMs + byMs })),
    due: world.due.map((due) =>
      due.kind === 'event'
        ? { ...due, atMs: due.atMs + byMs, event: { ...due.event, atMs: due.event.atMs + byMs } }
        : { ...due, atMs: due.atMs + byMs },
    ),
  };
}
