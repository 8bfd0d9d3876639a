import { CATEGORIES, type Category } from './catalogue.data.ts';
import { DEVICES, FIRST_NAMES, LAST_NAMES, MAIL_DOMAINS, PLACES } from './persona.data.ts';
import type { CartLine } from './product-properties.ts';
import { mixSeed, Random } from './random.ts';

export interface Device {
  readonly name: string;
  readonly userAgent: string;
  readonly anonymousId: string;
  readonly ip: string;
  /** Whether the shop knows on this device who she is. */
  loggedIn: boolean;
}

export interface Cart {
  readonly cartId: string;
  lines: CartLine[];
}

/** One shopper: who she is (fixed by seed and number) and how far she has come. */
export interface Shopper {
  readonly number: number;
  readonly userId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly place: (typeof PLACES)[number];
  readonly likes: readonly Category[];
  readonly devices: readonly Device[];
  signedUp: boolean;
  optedIn: boolean;
  cart: Cart | null;
  carts: number;
  orders: number;
  busyUntilMs: number;
  mailReadUntilMs: number;
}

/** The same seed and number always make the same shopper, who has not been here yet. */
export function makeShopper(seed: number, number: number): Shopper {
  const random = new Random(mixSeed(seed, number));
  const firstName = random.pick(FIRST_NAMES);
  const lastName = random.pick(LAST_NAMES);
  const devices = random.sample(DEVICES, random.chance(0.7) ? 2 : 1).map((device) => ({
    ...device,
    anonymousId: random.uuid(),
    ip: `203.0.113.${random.whole(1, 254)}`,
    loggedIn: false,
  }));
  return {
    number,
    userId: `customer-${String(number).padStart(4, '0')}`,
    firstName,
    lastName,
    email: `${firstName}.${lastName}.${number}@${random.pick(MAIL_DOMAINS)}`.toLowerCase(),
    place: random.pick(PLACES),
    likes: random.sample(CATEGORIES, 3),
    devices,
    signedUp: false,
    optedIn: false,
    cart: null,
    carts: 0,
    orders: 0,
    busyUntilMs: 0,
    mailReadUntilMs: 0,
  };
}
