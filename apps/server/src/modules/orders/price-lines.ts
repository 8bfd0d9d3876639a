import { AppError, type ErrorDetail } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { type Price, readPrices, readVariants, type VariantRow } from '../catalog/index.ts';
import type { PlaceLine, PlaceOrder } from './place-wish.ts';
import type { PricedLine } from './price-order.ts';

/** The lines of many orders with what they cost, in their order; one that names what is not for sale is refused. */
export async function priceLines(
  ctx: TxCtx,
  wishes: readonly PlaceOrder[],
  atMs: number,
): Promise<(PricedLine[] | AppError)[]> {
  const { sql, workspaceId } = ctx;
  const variants = await readVariants(sql, workspaceId, namedBy(wishes));
  const placeOf = ({ channel, currency }: PlaceOrder) => `${channel} ${currency}`;
  const prices = new Map<string, Map<string, Price>>();
  for (const wish of wishes) {
    const { channel, currency } = wish;
    if (prices.has(placeOf(wish))) continue;
    const variantIds = namedBy(wishes.filter((one) => placeOf(one) === placeOf(wish)));
    prices.set(placeOf(wish), await readPrices(sql, workspaceId, { variantIds, channel, currency, atMs }));
  }
  return wishes.map((wish) => linesOf(wish, variants, prices.get(placeOf(wish))!));
}

function namedBy(wishes: readonly PlaceOrder[]): string[] {
  return [...new Set(wishes.flatMap(({ lines }) => lines.map((line) => line.variantId)))];
}

function linesOf(
  wish: PlaceOrder,
  variants: ReadonlyMap<string, VariantRow>,
  prices: ReadonlyMap<string, Price>,
): PricedLine[] | AppError {
  const details: ErrorDetail[] = [];
  const lines = wish.lines.flatMap((line, at): PricedLine[] => {
    const variant = variants.get(line.variantId);
    const unitPriceMinor = line.unitPriceMinor ?? prices.get(line.variantId)?.amountMinor;
    if (variant === undefined)
      details.push({ field: `lines[${at}].variantId`, message: 'names no variant of the catalog' });
    else if (unitPriceMinor === undefined)
      details.push({ field: `lines[${at}].unitPriceMinor`, message: `has no price in ${wish.currency}; give one` });
    else return [pricedLine(line, { at, variant, unitPriceMinor })];
    return [];
  });
  return details.length === 0 ? lines : new AppError('invalid', 'The order names what is not for sale', { details });
}

function pricedLine(
  line: PlaceLine,
  { at, variant, unitPriceMinor }: { at: number; variant: VariantRow; unitPriceMinor: number },
): PricedLine {
  const { variantId, quantity, discountMinor = 0 } = line;
  return {
    ...{ id: String(at + 1), variantId, sku: variant.sku ?? null, quantity, unitPriceMinor, discountMinor },
    productRef: publicId('prd', variant.productId),
    variantRef: publicId('var', variantId),
    name: variant.productTitle,
    variantTitle: variant.title ?? undefined,
    brand: variant.vendor ?? undefined,
  };
}
