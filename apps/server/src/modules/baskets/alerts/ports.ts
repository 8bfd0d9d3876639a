import type { Money } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

/** Somebody who has a variant in a cart or on order, and the identity node that is filed under. */
export interface Holder {
  readonly profileId: string;
  readonly node: number;
}

export interface HoldersAsked {
  readonly variantId: string;
  /** Behind this one, in the order of their ids; null: from the first. */
  readonly afterProfileId: string | null;
  readonly limit: number;
}

/** Whose active carts and wish lists a variant lies in: Each profile once, in the order of their ids. */
export interface CartHolders {
  profilesHolding(sql: Sql, workspaceId: number, asked: HoldersAsked): Promise<readonly Holder[]>;
}

/** Somebody who pre-ordered a variant: when she gets it as things are, and what she was promised. */
export interface Preorderer extends Holder {
  /** Null: nobody knows. */
  readonly dueAtMs: number | null;
  readonly promisedAtMs: number | null;
}

/** Who waits for a pre-ordered variant, in the order of their ids. */
export interface PreorderHolders {
  profilesWaiting(sql: Sql, workspaceId: number, asked: HoldersAsked): Promise<readonly Preorderer[]>;
}

/** Who is told before others, like the members of a tier. Higher ones first; who is left out has 0. */
export interface AlertRank {
  ranksOf(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** The price a customer saw of a variant when she viewed it or put it on her wish list. Undefined: nobody knows. */
export interface SeenPrices {
  baselineFor(
    sql: Sql,
    workspaceId: number,
    asked: { readonly profileId: string; readonly variantId: string; readonly channel: string },
  ): Promise<Money | undefined>;
}

/** What alerts ask. Where nobody else answers, baskets do and the order book; without ranks nobody goes first. */
export interface AlertPorts {
  readonly carts?: CartHolders;
  readonly preorders?: PreorderHolders;
  readonly ranks?: AlertRank;
  readonly seenPrices?: SeenPrices;
}
