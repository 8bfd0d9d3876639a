import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { PriceInput } from '../products/product-input.ts';
import { insertPrices, type PriceRow, readLastPrices } from './price-store.ts';

/** All prices of a variant, as its source says at one instant. */
export interface VariantPrices {
  readonly variantId: string;
  readonly saidAt: Date;
  readonly prices: readonly PriceInput[];
  /** The source decides the prices of every channel; else it knows nothing of those that have one of their own. */
  readonly isWhole: boolean;
}

/** Writes what has changed into the history; a price that is not said any more ends. */
export async function putPrices(ctx: TxCtx, said: readonly VariantPrices[]): Promise<void> {
  const { sql, workspaceId } = ctx;
  const last = await readLastPrices(
    sql,
    workspaceId,
    said.map(({ variantId }) => variantId),
  );
  const changes = changedPrices(said, last);
  const rows = changes.map(({ row }) => row);
  const before = changes.map((change) => change.before);
  await insertPrices(sql, workspaceId, { rows, before, now: new Date(ctx.clock.now()) });
}

/** What is to be added to the history of prices. Pure. */
export function changedPrices(
  said: readonly VariantPrices[],
  last: readonly PriceRow[],
): { row: PriceRow; before: number | null }[] {
  const kept = new Map(last.map((row) => [`${row.variant_id}/${row.currency}/${row.channel}`, row]));
  return said.flatMap(({ variantId, saidAt, prices, isWhole }) => {
    const named = new Map(prices.map((price) => [`${variantId}/${price.currency}/${price.channel ?? ''}`, price]));
    const changed = [...named].flatMap(([key, price]) => {
      const known = kept.get(key);
      const compareAt = price.compareAtMinor ?? null;
      if (known !== undefined && known.amount_minor === price.amountMinor && known.compare_at_minor === compareAt)
        return [];
      const row: PriceRow = {
        ...{ variant_id: variantId, currency: price.currency, channel: price.channel ?? '' },
        from_at: startOf(price.from === undefined ? saidAt : new Date(price.from), known),
        ...{ amount_minor: price.amountMinor, compare_at_minor: compareAt },
      };
      return [{ row, before: known?.amount_minor ?? null }];
    });
    const ended = [...kept].flatMap(([key, known]) => {
      if (known.variant_id !== variantId || named.has(key) || known.amount_minor === null) return [];
      if (!isWhole && known.channel !== '') return [];
      const row: PriceRow = { ...known, from_at: startOf(saidAt, known), amount_minor: null, compare_at_minor: null };
      return [{ row, before: known.amount_minor }];
    });
    return [...changed, ...ended];
  });
}

/** A price never begins before the one it takes the place of. */
function startOf(at: Date, known: PriceRow | undefined): Date {
  return known !== undefined && known.from_at >= at ? new Date(known.from_at.getTime() + 1) : at;
}
