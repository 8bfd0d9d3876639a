import type { JsonObject } from '../../../../platform/json.ts';
import type { Sql } from '../../../../platform/postgres/index.ts';
import { readPrices, readProductCards, readVariants } from '../../../catalog/index.ts';
import { readAvailability } from '../../../inventory/index.ts';
import type { Place } from '../alert.ts';

/** What lies there to be had in a place. Of what nobody counts there is always some. */
const UNCOUNTED = 1_000_000;

/** Whether the shop sells it at all. */
export async function isForSale(sql: Sql, workspaceId: number, variantId: string): Promise<boolean> {
  return (await readVariants(sql, workspaceId, [variantId])).get(variantId)?.status === 'active';
}

/**
 * How many lie in a place. What may be owed does not count: who waits for it to be back waits for the thing. In a store all of it
 * counts, whatever channels are sold from there.
 */
export async function countAvailable(sql: Sql, workspaceId: number, place: Place): Promise<number> {
  const { variantId, locationId, channel } = place;
  const where = locationId === null ? (channel === '' ? {} : { channel }) : { locationIds: [locationId] };
  const stock = (await readAvailability(sql, workspaceId, { variantIds: [variantId], ...where })).get(variantId);
  if (stock === undefined || !stock.isTracked) return UNCOUNTED;
  return stock.available;
}

interface Shown {
  readonly channel: string;
  readonly currency: string | null;
}

/** What events say of a variant, by channel and currency: its card, amounts as numbers of the main unit. */
export async function readProperties(
  sql: Sql,
  workspaceId: number,
  { variantId, shown, atMs }: { variantId: string; shown: readonly Shown[]; atMs: number },
): Promise<(one: Shown) => JsonObject> {
  const known = new Map<string, JsonObject>();
  for (const one of shown) {
    const key = keyOf(one);
    if (known.has(key)) continue;
    const query = { variantIds: [variantId], channel: one.channel, currency: one.currency ?? undefined, atMs };
    known.set(key, amountsOf((await readProductCards(sql, workspaceId, query)).get(variantId) ?? {}));
  }
  return (one) => known.get(keyOf(one)) ?? {};
}

function keyOf({ channel, currency }: Shown): string {
  return `${channel} ${currency ?? ''}`;
}

/** Pure. */
function amountsOf(card: JsonObject): JsonObject {
  const { price, compare_at_price: before } = card;
  return {
    ...card,
    ...(typeof price === 'string' && { price: Number(price) }),
    ...(typeof before === 'string' && { compare_at_price: Number(before) }),
  };
}

/** What a variant costs now in a channel, by currency. One query a currency. */
export async function readPricesOf(
  sql: Sql,
  workspaceId: number,
  asked: { variantId: string; channel: string; currencies: readonly string[]; atMs: number },
): Promise<Map<string, number>> {
  const prices = new Map<string, number>();
  for (const currency of new Set(asked.currencies)) {
    const query = { variantIds: [asked.variantId], channel: asked.channel, currency, atMs: asked.atMs };
    const price = (await readPrices(sql, workspaceId, query)).get(asked.variantId);
    if (price !== undefined) prices.set(currency, price.amountMinor);
  }
  return prices;
}
