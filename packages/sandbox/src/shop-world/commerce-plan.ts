import { mixSeed, Random } from '../shop/random.ts';
import { assortmentOf, skuOf } from './assortment.ts';
import type { ActLine, CommerceAct, SalesPlace, TimedAct } from './commerce-act.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Something that will happen: an act, or the plan's own clockwork. */
interface Due {
  readonly atMs: number;
  /** Of two at one time the first planned comes first. */
  readonly order: number;
  readonly what: CommerceAct | { readonly kind: 'shopper' } | { readonly kind: 'morning' };
}

/** Everything that will be sold, by seed and time alone; can be saved and told on. */
export interface CommercePlan {
  readonly seed: number;
  random: number;
  toldUntilMs: number;
  orders: number;
  planned: number;
  due: Due[];
}

export interface CommercePace {
  /** By the shops' clock. */
  readonly ordersPerHour: number;
  /** How many shoppers there are. */
  readonly shoppers: number;
}

export function beginCommerce({ seed, beganAtMs }: { seed: number; beganAtMs: number }): CommercePlan {
  const plan: CommercePlan = {
    seed,
    random: mixSeed(seed, 31),
    toldUntilMs: beganAtMs,
    orders: 0,
    planned: 0,
    due: [],
  };
  put(plan, beganAtMs + MINUTE_MS, { kind: 'learn' });
  put(plan, beganAtMs + 2 * MINUTE_MS, { kind: 'shopper' });
  put(plan, beganAtMs + HOUR_MS, { kind: 'morning' });
  return plan;
}

/** Goes on until then, and answers what is done on the way, in its order. However long the steps, the same is done. */
export function advanceCommerce(plan: CommercePlan, untilMs: number, pace: CommercePace): TimedAct[] {
  const random = new Random(plan.random);
  const acts: TimedAct[] = [];
  for (;;) {
    const next = plan.due[0];
    if (next === undefined || next.atMs > untilMs) break;
    plan.due.shift();
    const { atMs, what } = next;
    if (what.kind === 'shopper') planShopper(plan, { atMs, random, pace });
    else if (what.kind === 'morning') planDay(plan, { atMs, random });
    else acts.push({ atMs, act: what });
  }
  plan.random = random.state;
  plan.toldUntilMs = Math.max(plan.toldUntilMs, untilMs);
  return acts;
}

function put(plan: CommercePlan, atMs: number, what: Due['what']): void {
  const due = { atMs, order: plan.planned++, what };
  const place = plan.due.findIndex((other) => other.atMs > atMs);
  plan.due.splice(place < 0 ? plan.due.length : place, 0, due);
}

function planShopper(plan: CommercePlan, of: { atMs: number; random: Random; pace: CommercePace }): void {
  const { atMs, random, pace } = of;
  put(plan, atMs + random.waitMs(HOUR_MS / pace.ordersPerHour), { kind: 'shopper' });
  const roll = random.next();
  const at: SalesPlace = roll < 0.5 ? 'online' : roll < 0.7 ? 'market' : 'till';
  const number = ++plan.orders;
  const lines = pickLines(random, at);
  const shopper = at === 'till' && random.chance(0.4) ? null : random.whole(1, pace.shoppers);
  const boughtAtMs = at === 'online' ? atMs + random.whole(2, 25) * MINUTE_MS : atMs;
  if (at === 'online' && shopper !== null) put(plan, atMs, { kind: 'cart', number, shopper, lines });
  // Some carts are left behind.
  if (at === 'online' && random.chance(0.3)) return;
  put(plan, boughtAtMs, { kind: 'order', number, at, shopper, lines, hasCode: at !== 'till' && random.chance(0.15) });
  planAfterwards(plan, { number, at, boughtAtMs, random });
}

function planAfterwards(
  plan: CommercePlan,
  of: { number: number; at: SalesPlace; boughtAtMs: number; random: Random },
): void {
  const { number, at, boughtAtMs, random } = of;
  if (at !== 'till') {
    if (random.chance(0.04)) {
      put(plan, boughtAtMs + random.whole(20, 120) * MINUTE_MS, { kind: 'callOff', number });
      return;
    }
    const sentAtMs = boughtAtMs + random.whole(4, 30) * HOUR_MS;
    put(plan, sentAtMs, { kind: 'send', number });
    put(plan, sentAtMs + random.whole(20, 70) * HOUR_MS, { kind: 'arrive', number });
  }
  if (random.chance(0.07)) put(plan, boughtAtMs + random.whole(4, 12) * DAY_MS, { kind: 'bringBack', number });
}

function pickLines(random: Random, at: SalesPlace): ActLine[] {
  const count = random.chance(0.6) ? 1 : random.whole(2, 3);
  return random.sample(assortmentOf(at), count).map((product) => ({
    sku: skuOf(product),
    quantity: random.chance(0.8) ? 1 : 2,
  }));
}

/** What goes on beside the sales: deliveries of goods, a price that falls for three days, a connection that breaks. */
function planDay(plan: CommercePlan, { atMs, random }: { atMs: number; random: Random }): void {
  put(plan, atMs + DAY_MS, { kind: 'morning' });
  const all = [...assortmentOf('online'), ...assortmentOf('market')];
  for (const product of random.sample(all, 12))
    put(plan, atMs + random.whole(0, 120) * MINUTE_MS, {
      kind: 'restock',
      sku: skuOf(product),
      quantity: random.whole(4, 12),
    });
  const sku = skuOf(random.pick(all));
  put(plan, atMs, { kind: 'price', sku, percentOff: random.pick([10, 20, 30]) });
  put(plan, atMs + 3 * DAY_MS, { kind: 'price', sku, percentOff: 0 });
  for (const hour of [0, 6, 12, 18]) put(plan, atMs + hour * HOUR_MS, { kind: 'learn' });
  if (!random.chance(0.5)) return;
  const brokenAtMs = atMs + random.whole(1, 8) * HOUR_MS;
  put(plan, brokenAtMs, { kind: 'line', isUp: false });
  put(plan, brokenAtMs + random.whole(30, 240) * MINUTE_MS, { kind: 'line', isUp: true });
}
