import type { JsonObject } from '../../platform/json.ts';

/** Whom a payload names, as it names her. */
export interface ShopWho {
  readonly customerId: string | undefined;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** Of the shop's own pages, where they hand it on. */
  readonly anonymousId: string | undefined;
  readonly loyaltyId?: string | undefined;
}

export const NOBODY: ShopWho = { customerId: undefined, email: undefined, phone: undefined, anonymousId: undefined };

/** What a customer said about being written to. */
export interface ShopConsent {
  readonly channel: 'email' | 'sms';
  readonly status: 'granted' | 'denied';
  readonly atMs: number;
  /** How it was said: `single_opt_in`, `confirmed_opt_in`. */
  readonly level: string | undefined;
}

export interface ShopCustomer {
  readonly id: string;
  readonly atMs: number;
  readonly createdAtMs: number | undefined;
  readonly who: ShopWho;
  /** By Segment's names. */
  readonly traits: JsonObject;
  readonly consents: readonly ShopConsent[];
}
