import type { CouponLine, PromotedProduct } from '@segue/contract';
import {
  findVariants,
  type Price,
  readPrices,
  readProductCards,
  readProductFacts,
  type VariantRow,
} from '../modules/catalog/index.ts';
import { alertFollower, basketFactsOf, basketFollower, takeShopCarts } from '../modules/baskets/index.ts';
import type { ShopPorts } from '../modules/connectors/index.ts';
import { readAvailability } from '../modules/inventory/index.ts';
import { createOrderPoints, pointsFactsOf, pointsFollower } from '../modules/loyalty/index.ts';
import type { ProductPort } from '../modules/messaging/index.ts';
import {
  createOrderBook,
  type OrderBook,
  orderFactsOf,
  type OrderCouponPort,
  type OrderFollower,
  type OrderPointsPort,
} from '../modules/orders/index.ts';
import {
  couponFactsOf,
  couponFollower,
  createOrderCoupons,
  defineCouponFacts,
  type LineFact,
  takeCoupons,
  takeHonoured,
} from '../modules/promotions/index.ts';
import { takeCompliance } from '../modules/privacy/index.ts';
import { defineShopFacts } from '../modules/segments/index.ts';
import { publicId } from '../platform/ids/index.ts';
import type { Sql } from '../platform/postgres/index.ts';

/** What a shop sells and has, joined: the one order book, and who follows it. */
export interface Commerce {
  readonly book: OrderBook;
  readonly followers: readonly OrderFollower[];
  readonly coupons: OrderCouponPort;
  readonly points: OrderPointsPort;
  /** What connected shops and tills write to. */
  readonly shops: ShopPorts;
}

/** Keeps nothing: any number of them are the same one. */
export function createCommerce(): Commerce {
  const followers = [couponFollower, pointsFollower, basketFollower, alertFollower];
  const book = createOrderBook({ followers });
  const shops = {
    orders: book,
    compliance: { take: takeCompliance },
    coupons: { takeCoupons, takeHonoured },
    carts: { takeCarts: takeShopCarts },
  };
  return { book, followers, coupons: createOrderCoupons(), points: createOrderPoints(), shops };
}

type Names = { readonly productId?: string; readonly variantId?: string; readonly sku?: string };

/** By name, in their order: what the catalog knows of them. */
async function readNamed(sql: Sql, workspaceId: number, names: readonly Names[]): Promise<(VariantRow | undefined)[]> {
  return findVariants(sql, workspaceId, names);
}

defineCouponFacts({
  async lines(sql, workspaceId, { lines, channel, currency, atMs }) {
    const variants = await readNamed(sql, workspaceId, lines.map(namesOf));
    const variantIds = variants.flatMap((variant) => variant?.id ?? []);
    const facts = await readProductFacts(sql, workspaceId, variantIds);
    const prices = await readPrices(sql, workspaceId, { variantIds, channel, currency, atMs });
    return variants.map((variant) => {
      const known = variant === undefined ? undefined : facts.get(variant.id);
      return known === undefined ? undefined : lineFactOf(known, prices.get(variant!.id));
    });
  },
  async haveOrdered(sql, workspaceId, profileIds) {
    const facts = await orderFactsOf(sql, workspaceId, profileIds);
    return new Set(profileIds.filter((profileId) => facts.get(profileId)?.hasOrdered === true));
  },
});

function namesOf({ productId, variantId, sku }: CouponLine): Names {
  return {
    ...(productId !== undefined && { productId }),
    ...(variantId !== undefined && { variantId }),
    ...(sku !== undefined && { sku }),
  };
}

function lineFactOf(
  known: Awaited<ReturnType<typeof readProductFacts>> extends Map<string, infer Facts> ? Facts : never,
  price: Price | undefined,
): LineFact {
  return {
    products: known.productIds,
    variants: known.variantIds,
    sku: known.sku ?? undefined,
    collections: known.collections,
    categories: known.type === null ? [] : [known.type],
    vendor: known.vendor ?? undefined,
    isOnSale: price !== undefined && price.compareAtMinor !== null && price.compareAtMinor > price.amountMinor,
  };
}

defineShopFacts({
  async orders(sql, workspaceId, profileIds) {
    const orders = await orderFactsOf(sql, workspaceId, profileIds);
    const variantIds = [...orders.values()].flatMap(({ bought }) => bought.flatMap((one) => one.variantId ?? []));
    const known = await readProductFacts(sql, workspaceId, [...new Set(variantIds)]);
    return new Map(
      [...orders].map(([profileId, { bought, states }]) => [
        profileId,
        {
          states,
          bought: bought.map(({ variantId, productRef, variantRef, sku, quantity }) => ({
            quantity,
            product: known.get(variantId ?? '') ?? {
              productIds: productRef === null ? [] : [productRef],
              variantIds: variantRef === null ? [] : [variantRef],
              ...{ sku, collections: [], vendor: null, type: null, tags: [] },
            },
          })),
        },
      ]),
    );
  },
  baskets: basketFactsOf,
  points: pointsFactsOf,
  coupons: couponFactsOf,
});

/** Asked by the gate: cards, stock and purchases of what messages invite to buy. */
export const products: ProductPort = {
  async readTruths(sql, workspaceId, { messages, boughtSinceMs, nowMs }) {
    const named = messages.flatMap((message) => message.products);
    const variants = await readNamed(sql, workspaceId, named);
    const variantOf = new Map<PromotedProduct, VariantRow | undefined>(named.map((one, at) => [one, variants[at]]));
    const variantIds = [...new Set(variants.flatMap((variant) => variant?.id ?? []))];
    const cards = await readProductCards(sql, workspaceId, { variantIds, channel: 'web', atMs: nowMs });
    const stock = await readAvailability(sql, workspaceId, { variantIds });
    const orders = await orderFactsOf(sql, workspaceId, [...new Set(messages.map(({ profileId }) => profileId))]);
    const truthOf = (profileId: string, product: PromotedProduct) => {
      const variant = variantOf.get(product);
      const isBought = (orders.get(profileId)?.bought ?? []).some(
        (line) => line.placedAtMs >= boughtSinceMs && names(line, { product, variant }),
      );
      if (variant === undefined) return { card: undefined, isInStock: true, isBought };
      const isInStock = variant.status === 'active' && (stock.get(variant.id)?.isInStock ?? true);
      return { card: cards.get(variant.id), isInStock, isBought };
    };
    return new Map(
      messages.map(({ id, profileId, products: promoted }) => [id, promoted.map((one) => truthOf(profileId, one))]),
    );
  },
};

function names(
  line: { variantId: string | null; productRef: string | null; variantRef: string | null; sku: string | null },
  { product, variant }: { product: PromotedProduct; variant: VariantRow | undefined },
): boolean {
  if (variant !== undefined)
    return line.variantId === variant.id || line.productRef === publicId('prd', variant.productId);
  const { productId, variantId, sku } = product;
  return (
    (variantId !== undefined && line.variantRef === variantId) ||
    (sku !== undefined && line.sku === sku) ||
    (variantId === undefined && sku === undefined && productId !== undefined && line.productRef === productId)
  );
}
