import type { BasketKind, CouponState, OrderStateWord, PointsKind, ProductMatch } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';

/**
 * What rules ask that is neither a trait nor a count of events. Time alone never changes it: whoever changes it notes the
 * fact (`noteFacts(batch, profileIds, [fact])` of profiles), and rules that read it are asked again.
 */
export const FACTS = [
  '$consent',
  '$reachable',
  '$company',
  '$place',
  '$list',
  '$lifecycle',
  '$profile',
  '$orders',
  '$baskets',
  '$points',
  '$coupons',
] as const;
export type Fact = (typeof FACTS)[number];

export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  readonly region?: string;
  readonly city?: string;
  /** Degrees, north and east positive; both or neither. */
  readonly latitude?: number;
  readonly longitude?: number;
}

/** The facts of one profile, each loaded for a whole batch before rules are asked, and only those that some rule reads. */
export interface Facts {
  /** For draws of lots. */
  readonly profileId: string;
  /** The customer's IANA zone (trait `timezone` when it is one), else the workspace's. */
  zone(): string;
  /**
   * Her state for the channel and topic, as `GET /profiles/{id}/permissions` says it: `subscribed`, `pending`,
   * `unsubscribed`, `never_asked`. Without a topic of all marketing on the channel: a yes to any of it counts most.
   */
  consent(channel: string, topic: string | undefined): string;
  /** With a topic: a message of it would be permitted. Without: there is an address, not suppressed, and she has not said no to everything. */
  isReachable(channel: string, topic: string | undefined): boolean;
  /** Traits of each of her companies. */
  companies(): readonly JsonObject[];
  place(): Place | undefined;
  /** By the list's public id, as rules name it. */
  isOnList(listId: string): boolean;
  /** There is an e-mail address or a telephone number of hers. With the fact `$lifecycle`. */
  hasAddress(): boolean;
  lifecycle(): string | undefined;
  /** How many pieces of such products she has bought and kept. */
  bought(match: ProductMatch): number;
  hasOrder(states: readonly OrderStateWord[]): boolean;
  /** Whether one of her baskets of this kind holds such a product; `inStock` undefined: whether it can be bought or not. */
  basketHolds(kind: BasketKind, match: ProductMatch, inStock: boolean | undefined): boolean;
  /** Of one program, or of all together. */
  points(of: PointsKind, program: string | undefined): number;
  /** By the campaign's public id. */
  hasCoupon(campaignId: string, states: readonly CouponState[]): boolean;
}
