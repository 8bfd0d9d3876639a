import type { Sql } from '../../../platform/postgres/index.ts';
import { type PriceRow, readPricesAt } from './price-store.ts';

export interface Price {
  readonly amountMinor: number;
  readonly compareAtMinor: number | null;
  readonly currency: string;
}

/**
 * What variants cost in a channel at an instant: its own price, else that of every channel. Of several currencies the first by
 * name, unless one is asked for.
 */
export async function readPrices(
  sql: Sql,
  workspaceId: number,
  query: { variantIds: readonly string[]; channel: string; currency?: string | undefined; atMs: number },
): Promise<Map<string, Price>> {
  const rows = await readPricesAt(sql, workspaceId, { variantIds: query.variantIds, at: new Date(query.atMs) });
  return choosePrices(rows, query);
}

/** The price that counts, by variant. Pure. */
export function choosePrices(
  rows: readonly PriceRow[],
  { channel, currency }: { channel: string; currency?: string | undefined },
): Map<string, Price> {
  const chosen = new Map<string, { row: PriceRow; price: Price }>();
  for (const row of rows) {
    if (row.amount_minor === null || (row.channel !== '' && row.channel !== channel)) continue;
    if (currency !== undefined && row.currency !== currency) continue;
    const known = chosen.get(row.variant_id)?.row;
    const isBetter =
      known === undefined || row.currency < known.currency || (row.currency === known.currency && row.channel !== '');
    if (!isBetter) continue;
    const price = { amountMinor: row.amount_minor, compareAtMinor: row.compare_at_minor, currency: row.currency };
    chosen.set(row.variant_id, { row, price });
  }
  return new Map([...chosen].map(([id, { price }]) => [id, price]));
}

const WINDOW_MS = 30 * 24 * 3_600_000;

/**
 * The lowest price in the 30 days before a price was reduced: what an announced reduction is to be shown with (Directive
 * 98/6/EC, article 6a). `rows`: of one variant, currency and channel, in any order. Null: it was not for sale before. Pure.
 */
export function lowestPriorPrice(rows: readonly PriceRow[], reducedAtMs: number): number | null {
  const inOrder = rows
    .filter((row) => row.from_at.getTime() < reducedAtMs)
    .toSorted((a, b) => a.from_at.getTime() - b.from_at.getTime());
  const from = reducedAtMs - WINDOW_MS;
  // The one that counted when the window began, and all that began within it.
  const first = inOrder.findLastIndex((row) => row.from_at.getTime() <= from);
  const counted = inOrder.slice(Math.max(0, first)).flatMap((row) => row.amount_minor ?? []);
  return counted.length === 0 ? null : Math.min(...counted);
}
