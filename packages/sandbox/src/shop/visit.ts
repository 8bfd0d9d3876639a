import { SHOP_NAME } from './catalogue.data.ts';
import type { Random } from './random.ts';
import type { Properties, ShopEvent, TrackName } from './shop-event.ts';
import type { Device, Shopper } from './shopper.ts';

export interface VisitDeps {
  readonly shopper: Shopper;
  readonly device: Device;
  readonly random: Random;
  readonly shopUrl: string;
  readonly startMs: number;
  /** Names the next event. */
  readonly nextMessageId: () => string;
  /** How the shopper came, when by a mail. */
  readonly campaign?: Properties;
}

/** One stay of a shopper on one device: a pen that moves on in time with every event it writes. */
export class Visit {
  readonly events: ShopEvent[] = [];
  readonly deps: VisitDeps;
  private atMs: number;

  constructor(deps: VisitDeps) {
    this.deps = deps;
    this.atMs = deps.startMs;
  }

  get nowMs(): number {
    return this.atMs;
  }

  /** Time passes while she looks around. */
  linger(leastSeconds: number, mostSeconds: number): void {
    this.atMs += this.deps.random.whole(leastSeconds * 1000, mostSeconds * 1000);
  }

  page(name: string, path: string): void {
    const properties = { name, path, url: `${this.deps.shopUrl}${path.slice(1)}`, title: `${name} · ${SHOP_NAME}` };
    this.write('page', name, properties);
    this.linger(4, 30);
  }

  track(name: TrackName, properties: Properties): void {
    this.write('track', name, properties);
    this.linger(6, 45);
  }

  /** From here on the shop knows who uses this device. */
  logIn(): void {
    const { shopper, device } = this.deps;
    if (device.loggedIn) return;
    const newcomer = !shopper.signedUp;
    shopper.signedUp = true;
    device.loggedIn = true;
    this.write('identify', '', traitsOf(shopper));
    if (newcomer) this.greet();
    this.linger(2, 8);
  }

  private greet(): void {
    const { shopper, random } = this.deps;
    if (random.chance(0.8)) {
      shopper.optedIn = true;
      this.linger(1, 2);
      this.write('track', 'Consent Updated', {
        channel: 'email',
        topic: 'marketing',
        status: 'granted',
        source: 'sign-up-form',
        text: 'Send me ideas and offers by email. I can stop them at any time.',
      });
    }
    this.linger(1, 2);
    this.write('track', 'Signed Up', { type: 'customer', first_name: shopper.firstName, email: shopper.email });
  }

  private write(type: ShopEvent['type'], name: string, properties: Properties): void {
    const { shopper, device, nextMessageId } = this.deps;
    this.events.push({
      messageId: nextMessageId(),
      atMs: this.atMs,
      type,
      name,
      anonymousId: device.anonymousId,
      userId: device.loggedIn ? shopper.userId : null,
      properties,
      context: this.context(),
    });
  }

  private context(): Properties {
    const { shopper, device, campaign } = this.deps;
    const context: Properties = {
      userAgent: device.userAgent,
      ip: device.ip,
      locale: shopper.place.locale,
      timezone: shopper.place.timezone,
    };
    return campaign === undefined ? context : { ...context, campaign };
  }
}

function traitsOf(shopper: Shopper): Properties {
  return {
    email: shopper.email,
    firstName: shopper.firstName,
    lastName: shopper.lastName,
    name: `${shopper.firstName} ${shopper.lastName}`,
    address: { city: shopper.place.city, country: shopper.place.country },
    likes: [...shopper.likes],
  };
}
