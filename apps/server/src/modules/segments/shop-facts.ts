import type { BasketKind, CouponState, OrderStateWord, PointsKind } from '@segue/contract';
import type { Sql } from '../../platform/postgres/index.ts';
import type { Facts } from './facts.ts';
import { matchesProduct, type ProductFacts } from './product-match.ts';

/** What the order book says of one profile. */
export interface OrderFacts {
  /** Pieces she has bought and kept. */
  readonly bought: readonly { readonly product: ProductFacts; readonly quantity: number }[];
  readonly states: ReadonlySet<OrderStateWord>;
}

export interface BasketItem {
  readonly kind: BasketKind;
  readonly product: ProductFacts;
  readonly isInStock: boolean;
}

/** Her points in one program. */
export interface PointsFacts extends Readonly<Record<PointsKind, number>> {
  readonly program: string;
}

/** A campaign a profile has been given a code of, or redeemed one. */
export interface CouponFacts {
  /** Public. */
  readonly campaignId: string;
  readonly states: ReadonlySet<CouponState>;
}

type Load<T> = (sql: Sql, workspaceId: number, profileIds: readonly string[]) => Promise<ReadonlyMap<string, T>>;

/** Who can be asked about a shop's customers, each for a whole batch in one query a table. */
export interface ShopFactSources {
  readonly orders: Load<OrderFacts>;
  readonly baskets: Load<readonly BasketItem[]>;
  readonly points: Load<readonly PointsFacts[]>;
  readonly coupons: Load<readonly CouponFacts[]>;
}

let sources: ShopFactSources | undefined;

/** Says once, where the server is composed, who answers. Whoever changes what they answer notes the fact: `$orders`, `$baskets`, `$points`, `$coupons`. */
export function defineShopFacts(all: ShopFactSources): void {
  sources = all;
}

type ShopFact = keyof ShopFactSources;
type Loaded = { readonly [Name in ShopFact]: Awaited<ReturnType<ShopFactSources[Name]>> | undefined };

/** Loads what rules read of these. */
export async function loadShopFacts(
  asked: { sql: Sql; workspaceId: number; profileIds: readonly string[] },
  isRead: (fact: `$${ShopFact}`) => boolean,
): Promise<(profileId: string) => ShopAnswers> {
  const { sql, workspaceId, profileIds } = asked;
  const load = <T>(name: ShopFact, from: Load<T> | undefined) => {
    if (!isRead(`$${name}`)) return undefined;
    if (from === undefined) throw new Error(`nobody answers $${name}`);
    return from(sql, workspaceId, profileIds);
  };
  const loaded: Loaded = {
    orders: await load('orders', sources?.orders),
    baskets: await load('baskets', sources?.baskets),
    points: await load('points', sources?.points),
    coupons: await load('coupons', sources?.coupons),
  };
  return (profileId) => answersOf(loaded, profileId);
}

type ShopAnswers = Pick<Facts, 'bought' | 'hasOrder' | 'basketHolds' | 'points' | 'hasCoupon'>;

function answersOf(loaded: Loaded, profileId: string): ShopAnswers {
  const of = <Name extends ShopFact>(name: Name) => {
    const found = loaded[name];
    // A rule that asks for what was not loaded would be told a wrong answer.
    if (found === undefined) throw new Error(`$${name} was not loaded`);
    return found;
  };
  return {
    bought(match) {
      const bought = of('orders').get(profileId)?.bought ?? [];
      return bought.reduce((sum, { product, quantity }) => sum + (matchesProduct(match, product) ? quantity : 0), 0);
    },
    hasOrder(states) {
      const known = of('orders').get(profileId)?.states;
      return known !== undefined && states.some((state) => known.has(state));
    },
    basketHolds(kind, match, inStock) {
      const items = of('baskets').get(profileId) ?? [];
      return items.some(
        (item) =>
          item.kind === kind &&
          (inStock === undefined || item.isInStock === inStock) &&
          matchesProduct(match, item.product),
      );
    },
    points(kind, program) {
      const own = (of('points').get(profileId) ?? []).filter((one) => program === undefined || one.program === program);
      return own.reduce((sum, one) => sum + one[kind], 0);
    },
    hasCoupon(campaignId, states) {
      const own = of('coupons').get(profileId) ?? [];
      return own.some((one) => one.campaignId === campaignId && states.some((state) => one.states.has(state)));
    },
  };
}
