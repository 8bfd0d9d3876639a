import { AppError, type ErrorDetail } from '../../../platform/errors.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { findVariants, readPrices, type VariantRow } from '../../catalog/index.ts';
import type { Basket } from '../basket.ts';
import type { LinePrice } from './line.ts';
import { lineKeyOf, namesOfKey, type ThingNames, variantNamesOf } from './line-key.ts';
import type { Word } from './say-line.ts';

/** A word as a call has it. */
export interface GivenWord extends ThingNames {
  readonly key?: string | undefined;
  readonly name?: string | undefined;
  readonly quantity: number;
  readonly note?: string | null | undefined;
  readonly price?: LinePrice | undefined;
  readonly atMs?: number | undefined;
}

type Into = Pick<Basket, 'kind' | 'channel' | 'currency' | 'source'>;

/** What the words are about, by the catalog as far as it knows it. Six queries, whatever their number. */
export async function readWords(
  reader: { readonly sql: Sql; readonly workspaceId: number; readonly now: number },
  basket: Into,
  { words, by }: { words: readonly GivenWord[]; by: string },
): Promise<Word[]> {
  const { sql, workspaceId, now: atMs } = reader;
  const { channel, source, currency } = basket;
  const named = words.map((word) => (word.key === undefined ? word : (namesOfKey(word.key) ?? {})));
  const variants = await findVariants(
    sql,
    workspaceId,
    named.map((names) => variantNamesOf(names, source)),
  );
  const variantIds = [...new Set(variants.flatMap((variant) => variant?.id ?? []))];
  const asked = { variantIds, channel, atMs, ...(currency !== null && { currency }) };
  const prices = variantIds.length === 0 ? new Map() : await readPrices(sql, workspaceId, asked);
  const details: ErrorDetail[] = [];
  const read = words.flatMap((word, at): Word[] => {
    const variant = variants[at];
    const key =
      word.key !== undefined && variant === undefined ? keyOf(word.key) : lineKeyOf(basket.kind, named[at]!, variant);
    if (key === undefined || key.length > 400) {
      const field = word.key === undefined ? `lines[${at}]` : `lines[${at}].key`;
      details.push({ field, message: 'name what it is: variantId, sku or productId, or the key of a line' });
      return [];
    }
    const known: LinePrice | undefined = variant === undefined ? word.price : prices.get(variant.id);
    return [wordOf(word, { key, names: named[at]!, variant, price: known, by })];
  });
  if (details.length > 0) throw new AppError('invalid', 'It is not said what lies in the basket', { details });
  return read;
}

function keyOf(key: string): string | undefined {
  return namesOfKey(key) === undefined ? undefined : key;
}

function wordOf(
  word: GivenWord,
  known: {
    key: string;
    names: ThingNames;
    variant: VariantRow | undefined;
    price: LinePrice | undefined;
    by: string;
  },
): Word {
  const { key, names, variant, price, by } = known;
  return {
    ...{ key, quantity: word.quantity, note: word.note },
    variantId: variant?.id ?? null,
    productRef: names.productId ?? null,
    variantRef: names.variantId ?? null,
    sku: variant?.sku ?? names.sku ?? null,
    name: variant?.productTitle ?? word.name ?? null,
    price: price === undefined ? null : { amountMinor: price.amountMinor, currency: price.currency },
    saidAtMs: word.atMs,
    saidBy: by,
  };
}
