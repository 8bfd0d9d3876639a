import { Random } from './random.ts';
import type { ShopEvent } from './shop-event.ts';
import { makeShopper, type Shopper } from './shopper.ts';
import { Visit, type VisitDeps } from './visit.ts';
import { addDue, type Due, type World } from './world.ts';
import { writeBrowsing, writeReturn, type VisitEnd } from './write-visit.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const SHOPPERS_MAX = 300;
const NEWCOMERS_UNTIL = 25;
const MAIL_TRIES = 4;

/** A mail as its reader finds it. */
export interface SeenMail {
  readonly id: string;
  readonly receivedAtMs: number;
  /** Where its main button leads. */
  readonly link: string | null;
  readonly canUnsubscribe: boolean;
}

export interface WorldInputs {
  /** Visits per hour of the world's time. */
  readonly visitsPerHour: number;
  /** The newest mail to this address that came after `sinceMs`. */
  readonly newestMail: (address: string, sinceMs: number) => SeenMail | undefined;
}

/** What the world does to its surroundings, in the order in which it happens. */
export type WorldEffect =
  | { readonly kind: 'send'; readonly event: ShopEvent }
  | { readonly kind: 'openMail'; readonly mailId: string }
  | { readonly kind: 'follow'; readonly mailId: string; readonly link: string }
  | { readonly kind: 'unsubscribe'; readonly mailId: string };

/**
 * Lets the world run until `untilMs`. Changes `world`; the same world and the same mails always bring the same effects.
 */
export function advanceWorld(world: World, untilMs: number, inputs: WorldInputs): WorldEffect[] {
  const telling = new Telling(world, inputs);
  for (;;) {
    const due = world.due[0];
    const nextMs = Math.min(due?.atMs ?? Number.POSITIVE_INFINITY, world.nextVisitAtMs);
    if (nextMs > untilMs) break;
    if (due !== undefined && due.atMs === nextMs) {
      world.due.shift();
      telling.happen(due);
    } else telling.openDoor();
  }
  world.toldUntilMs = Math.max(world.toldUntilMs, untilMs);
  return telling.finish();
}

class Telling {
  private readonly effects: WorldEffect[] = [];
  private readonly random: Random;
  private readonly world: World;
  private readonly inputs: WorldInputs;

  constructor(world: World, inputs: WorldInputs) {
    this.world = world;
    this.inputs = inputs;
    this.random = new Random(world.randomState);
  }

  finish(): WorldEffect[] {
    this.world.randomState = this.random.state;
    return this.effects;
  }

  happen(due: Due): void {
    switch (due.kind) {
      case 'event':
        this.effects.push({ kind: 'send', event: due.event });
        return;
      case 'return':
        this.comeBack(this.shopper(due.shopper), due.atMs);
        return;
      case 'readMail':
        this.readMail(due);
    }
  }

  /** Somebody comes in: a newcomer, or one who has been here before. */
  openDoor(): void {
    const { world, random } = this;
    const atMs = world.nextVisitAtMs;
    world.nextVisitAtMs = atMs + random.waitMs(HOUR_MS / this.inputs.visitsPerHour);
    const shopper = this.pickShopper(atMs);
    if (shopper === undefined) return;
    const visit = this.visit({ shopper, device: random.pick(shopper.devices), startMs: atMs });
    this.end(visit, writeBrowsing(visit));
  }

  private pickShopper(atMs: number): Shopper | undefined {
    const { world, random } = this;
    const known = world.shoppers.length;
    const newcomer = known < SHOPPERS_MAX && random.chance(known < NEWCOMERS_UNTIL ? 0.5 : 0.15);
    if (newcomer || known === 0) {
      const shopper = makeShopper(world.seed, known + 1);
      world.shoppers.push(shopper);
      return shopper;
    }
    const shopper = random.pick(world.shoppers);
    return shopper.busyUntilMs > atMs ? undefined : shopper;
  }

  private shopper(number: number): Shopper {
    const shopper = this.world.shoppers[number - 1];
    if (shopper === undefined) throw new Error(`There is no shopper ${number}`);
    return shopper;
  }

  private visit(visitor: Pick<VisitDeps, 'shopper' | 'device' | 'startMs' | 'campaign'>): Visit {
    const { world, random } = this;
    const nextMessageId = (): string => {
      world.eventsWritten += 1;
      return `shop-${world.beganAtMs.toString(36)}-${world.eventsWritten}`;
    };
    return new Visit({ ...visitor, random, shopUrl: world.shopUrl, nextMessageId });
  }

  private end(visit: Visit, end: VisitEnd): void {
    const { shopper } = visit.deps;
    for (const event of visit.events) addDue(this.world, { kind: 'event', atMs: event.atMs, event });
    shopper.busyUntilMs = visit.nowMs;
    if (end !== 'leftCart') return;
    if (this.random.chance(0.15)) this.later('return', shopper, this.minutes(visit.nowMs, 8, 22));
    else if (shopper.optedIn) this.later('readMail', shopper, this.minutes(visit.nowMs, 35, 90));
  }

  private minutes(fromMs: number, least: number, most: number): number {
    return fromMs + this.random.whole(least * MINUTE_MS, most * MINUTE_MS);
  }

  private later(kind: 'return' | 'readMail', shopper: Shopper, atMs: number): void {
    // She waits for one thing at a time; a second cart moves nothing.
    const waits = this.world.due.some((due) => due.kind !== 'event' && due.shopper === shopper.number);
    if (waits) return;
    const when = { atMs, shopper: shopper.number };
    addDue(this.world, kind === 'return' ? { kind, ...when } : { kind, ...when, triesLeft: MAIL_TRIES });
  }

  private readMail(due: Extract<Due, { kind: 'readMail' }>): void {
    const { random } = this;
    const shopper = this.shopper(due.shopper);
    const mail = this.inputs.newestMail(shopper.email, shopper.mailReadUntilMs);
    if (mail === undefined) {
      if (due.triesLeft > 1)
        addDue(this.world, { ...due, atMs: this.minutes(due.atMs, 20, 60), triesLeft: due.triesLeft - 1 });
      return;
    }
    shopper.mailReadUntilMs = mail.receivedAtMs;
    this.effects.push({ kind: 'openMail', mailId: mail.id });
    if (mail.canUnsubscribe && random.chance(0.03)) {
      shopper.optedIn = false;
      this.effects.push({ kind: 'unsubscribe', mailId: mail.id });
    } else if (mail.link !== null && shopper.busyUntilMs <= due.atMs && random.chance(0.6)) {
      this.effects.push({ kind: 'follow', mailId: mail.id, link: mail.link });
      this.comeBack(shopper, due.atMs, mail.id);
    }
  }

  private comeBack(shopper: Shopper, atMs: number, mailId?: string): void {
    // Who reads a mail on the sofa rarely sits where she filled the cart.
    const device = this.random.pick(shopper.devices);
    const startMs = Math.max(atMs, shopper.busyUntilMs) + 1000;
    const byMail =
      mailId === undefined ? {} : { campaign: { source: 'segue', medium: 'email', name: 'cart left behind' } };
    const visit = this.visit({ shopper, device, startMs, ...byMail });
    const chanceToBuy = mailId === undefined ? 0.9 : 0.7;
    this.end(visit, writeReturn(visit, chanceToBuy));
  }
}
