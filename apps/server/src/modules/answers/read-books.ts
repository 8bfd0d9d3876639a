import { amountInMain, type Answers } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { basketsOf, type Basket } from '../baskets/index.ts';
import { findVariants, readPrices, readProductFacts } from '../catalog/index.ts';
import { readAvailability } from '../inventory/index.ts';
import { readBalances } from '../loyalty/index.ts';
import { readKnownOrders } from '../orders/index.ts';
import type { Books } from './answer-shopping.ts';
import { CART_OPEN_MS, type Cart } from './fold-carts.ts';
import type { Order } from './fold-orders.ts';
import type { Asked } from './fold-purchases.ts';
import { orderOfBook } from './order-of-book.ts';

interface Question {
  readonly profileId: string;
  readonly asked: readonly Asked[];
  readonly now: number;
}

interface Read extends Books {
  readonly asked: readonly Asked[];
  readonly points: NonNullable<Answers['points']>;
  /** False: there are older orders. */
  readonly isEveryOrderRead: boolean;
}

/** What the order book, baskets and the ledger of points know of a customer, and by what names the catalog knows what is asked. */
export async function readBooks(ctx: Ctx, { profileId, asked, now }: Question): Promise<Read> {
  const { sql, workspaceId } = ctx;
  const known = await readKnownOrders(sql, workspaceId, profileId);
  const baskets = (await basketsOf(sql, workspaceId, [profileId])).get(profileId) ?? [];
  const balances = (await readBalances(sql, workspaceId, [profileId])).get(profileId) ?? [];
  return {
    orders: known.orders.map((one): Order => orderOfBook(one, now)),
    ...{ orderNames: known.names, isEveryOrderRead: known.isWhole },
    carts: await readCarts(ctx, baskets, now),
    asked: await withAliases(ctx, asked),
    points: balances.map(({ program, name, unit, balance, pending }) => ({ program, name, unit, balance, pending })),
  };
}

/** Carts with something in them, which are few, with what stock and prices of their channel are now. */
async function readCarts(ctx: Ctx, baskets: readonly Basket[], now: number): Promise<Cart[]> {
  const open = baskets.filter(
    ({ kind, state, lines, updatedAtMs }) =>
      kind === 'cart' && state === 'active' && lines.size > 0 && now - updatedAtMs < CART_OPEN_MS,
  );
  const carts: Cart[] = [];
  for (const basket of open) carts.push(await readCart(ctx, basket, now));
  return carts;
}

async function readCart({ sql, workspaceId }: Ctx, basket: Basket, now: number): Promise<Cart> {
  const lines = [...basket.lines.values()];
  const variantIds = lines.flatMap(({ variantId }) => variantId ?? []);
  const { channel, currency } = basket;
  const stock = await readAvailability(sql, workspaceId, { variantIds, channel });
  const prices = await readPrices(sql, workspaceId, {
    ...{ variantIds, channel, atMs: now },
    ...(currency !== null && { currency }),
  });
  const parts = lines.map((line) => {
    const shelf = stock.get(line.variantId ?? '');
    const price = prices.get(line.variantId ?? '');
    // A price in another currency than the line's says nothing beside it.
    const isSame = line.price === null || line.price.currency === price?.currency;
    return {
      ...{ productId: line.productRef, sku: line.sku, variant: line.variantRef, name: line.name, url: null },
      price: line.price === null ? null : amountInMain(line.price.amountMinor, line.price.currency),
      ...{ quantity: line.quantity, addedAt: line.addedAtMs },
      ...(shelf !== undefined && { isInStock: shelf.isInStock }),
      ...(price !== undefined && isSame && { priceNow: amountInMain(price.amountMinor, price.currency) }),
    };
  });
  const isPriced = parts.every(({ price }) => price !== null);
  const value = parts.reduce((sum, { price, quantity }) => sum + (price ?? 0) * quantity, 0);
  return {
    ...{ cartId: basket.sourceRef ?? undefined, tokens: [basket.token], lines: parts, currency: currency ?? undefined },
    ...{ value: isPriced ? Math.round(value * 1e6) / 1e6 : undefined, touchedAt: basket.updatedAtMs },
    isCheckoutStarted: basket.isHeld,
  };
}

/** A product is asked about by any of its names: the shop's, another shop's, Segue's. */
async function withAliases({ sql, workspaceId }: Ctx, asked: readonly Asked[]): Promise<Asked[]> {
  const names = asked.map(({ kind, id }) => (kind === 'product' ? { productId: id } : { variantId: id }));
  const found = await findVariants(sql, workspaceId, names);
  const facts = await readProductFacts(sql, workspaceId, [...new Set(found.flatMap((one) => one?.id ?? []))]);
  return asked.map((one, at) => {
    const known = facts.get(found[at]?.id ?? '');
    if (known === undefined) return one;
    return { ...one, aliases: one.kind === 'product' ? known.productIds : known.variantIds };
  });
}
