import type { AnswerOf, api } from '@segue/contract';
import { publicId } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { readPrices, readVariants, type VariantRow } from '../catalog/index.ts';
import { readAvailability } from '../inventory/index.ts';
import type { Basket } from './basket.ts';
import type { Line, LinePrice } from './lines/line.ts';

export type PresentedBasket = AnswerOf<typeof api.getBasket>;
type PresentedLine = PresentedBasket['lines'][number];

/** What is shown beside lines: names, prices and stock as they are now. */
export interface LineTruths {
  readonly variants: ReadonlyMap<string, VariantRow>;
  readonly priceOf: (basket: Basket, line: Line) => LinePrice | undefined;
  readonly isInStock: (basket: Basket, line: Line) => boolean;
}

/** Baskets as they are answered: with the prices and stock of now beside what she was shown when she put it there. */
export async function presentBaskets(
  reader: { readonly sql: Sql; readonly workspaceId: number; readonly nowMs: number },
  baskets: readonly Basket[],
): Promise<PresentedBasket[]> {
  const truths = await readTruths(reader, baskets);
  return baskets.map((basket) => presentBasket(basket, truths));
}

/** The queries of catalog and inventory, once for each channel and currency among the baskets. */
export async function readTruths(
  { sql, workspaceId, nowMs: atMs }: { readonly sql: Sql; readonly workspaceId: number; readonly nowMs: number },
  baskets: readonly Basket[],
): Promise<LineTruths> {
  const idsOf = (some: readonly Basket[]) => [
    ...new Set(some.flatMap(({ lines }) => [...lines.values()].flatMap(({ variantId }) => variantId ?? []))),
  ];
  const variants = await readVariants(sql, workspaceId, idsOf(baskets));
  const groups = new Map<string, Basket[]>();
  for (const basket of baskets) groups.set(groupOf(basket), [...(groups.get(groupOf(basket)) ?? []), basket]);
  const prices = new Map<string, Awaited<ReturnType<typeof readPrices>>>();
  const stocks = new Map<string, Awaited<ReturnType<typeof readAvailability>>>();
  for (const [group, own] of groups) {
    const { channel, currency } = own[0]!;
    const variantIds = idsOf(own);
    if (variantIds.length === 0) continue;
    const asked = { variantIds, channel, atMs, ...(currency !== null && { currency }) };
    prices.set(group, await readPrices(sql, workspaceId, asked));
    stocks.set(group, await readAvailability(sql, workspaceId, { variantIds, channel }));
  }
  return {
    variants,
    priceOf: (basket, { variantId }) => prices.get(groupOf(basket))?.get(variantId ?? ''),
    isInStock: (basket, { variantId }) => {
      if (variantId === null) return true;
      const isSold = variants.get(variantId)?.status === 'active';
      return isSold && (stocks.get(groupOf(basket))?.get(variantId)?.isInStock ?? true);
    },
  };
}

const groupOf = ({ channel, currency }: Basket): string => `${channel} ${currency ?? ''}`;

function presentBasket(basket: Basket, truths: LineTruths): PresentedBasket {
  const { kind, token, isLinked, name, shareToken, currency, channel, source, version } = basket;
  const live = [...basket.lines.values()].filter(({ quantity }) => quantity > 0);
  const lines = live.map((line) => presentLine(basket, line, truths));
  return {
    ...{
      id: publicBasketId(basket),
      kind,
      token,
      isLinked,
      name,
      shareToken,
      currency,
      channel,
      source,
      version,
      lines,
    },
    profileId: basket.profileId === null ? null : publicId('prf', basket.profileId),
    state: basket.state === 'merged' ? 'active' : basket.state,
    total: totalOf(lines),
    createdAt: new Date(basket.createdAtMs).toISOString(),
    updatedAt: new Date(basket.updatedAtMs).toISOString(),
  };
}

export function presentLine(basket: Basket, line: Line, truths: LineTruths): PresentedLine {
  const { key, variantId, productRef, variantRef, quantity, note } = line;
  const variant = variantId === null ? undefined : truths.variants.get(variantId);
  const price = truths.priceOf(basket, line);
  return {
    ...{ key, productRef, variantRef, quantity, note },
    variantId: variant === undefined ? null : publicId('var', variant.id),
    productId: variant === undefined ? null : publicId('prd', variant.productId),
    sku: variant?.sku ?? line.sku,
    name: variant === undefined ? line.name : titleOf(variant),
    imageUrl: variant?.imageUrl ?? null,
    url: variant?.url ?? null,
    priceWhenAdded: line.price,
    price: price === undefined ? null : { amountMinor: price.amountMinor, currency: price.currency },
    isInStock: truths.isInStock(basket, line),
    addedAt: new Date(line.addedAtMs).toISOString(),
  };
}

function titleOf({ productTitle, title }: VariantRow): string {
  return title === null || title === '' ? productTitle : `${productTitle}, ${title}`;
}

/** Of what lies in it, where every price is known and of one currency. What the catalog does not know counts as she was told. */
export function totalOf(lines: readonly PresentedLine[]): PresentedBasket['total'] {
  let amountMinor = 0;
  let currency: string | undefined;
  for (const line of lines) {
    if (line.quantity === 0) continue;
    const price = line.price ?? (line.variantId === null ? line.priceWhenAdded : null);
    if (price === null || (currency !== undefined && price.currency !== currency)) return null;
    currency = price.currency;
    amountMinor += price.amountMinor * line.quantity;
  }
  return currency === undefined ? null : { amountMinor, currency };
}

export function publicBasketId({ kind, id }: Pick<Basket, 'kind' | 'id'>): string {
  return publicId(kind === 'cart' ? 'crt' : 'wsh', id);
}
