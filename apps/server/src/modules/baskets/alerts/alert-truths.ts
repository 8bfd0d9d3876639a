import type { AlertType } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';
import { readPrices } from '../../catalog/index.ts';
import { type Availability, readAvailability } from '../../inventory/index.ts';
import { listHeld } from './holders/holder-store.ts';
import { plentyFrom } from './edges/decide-low.ts';
import { readAlertSettings } from './settings.ts';
import { type LastTelling, readLastTellings } from './tell/telling-store.ts';

/** A message that tells what an alert told. */
export interface AskedTruth {
  readonly id: string;
  readonly profileId: string;
  readonly variantId: string;
  readonly type: AlertType;
  /** When the message was decided on; left out: what was told last is what it says. */
  readonly saidAtMs?: number;
}

/** What is so now of what was told. */
interface Truth {
  readonly stock: Availability | undefined;
  readonly priceMinor: number | undefined;
  readonly lowStock: number;
  /** It lies in a cart or on a wish list of hers. */
  readonly isHeld: boolean;
}

/**
 * Asked right before a message goes: is what it says still so? Answers those of which it is not, each with the reason; what nobody
 * was told of is left out, too. By what the customer was told last of the variant.
 */
export async function alertTruths(
  sql: Sql,
  workspaceId: number,
  { asked, nowMs }: { asked: readonly AskedTruth[]; nowMs: number },
): Promise<Map<string, string>> {
  const tellings = await readLastTellings(sql, workspaceId, asked);
  if (tellings.length === 0) return new Map();
  const { lowStock } = await readAlertSettings(sql, workspaceId);
  const stockOf = await readStock(sql, workspaceId, tellings);
  const held = await readHeld(sql, workspaceId, tellings);
  const priceOf = await readPricesOfTellings(sql, workspaceId, { tellings, nowMs });
  return new Map(
    asked.flatMap((one): [string, string][] => {
      const told = tellings.find(
        (t) => t.profileId === one.profileId && t.variantId === one.variantId && t.type === one.type,
      );
      if (told === undefined) return [];
      const truth = { stock: stockOf(told), priceMinor: priceOf(told), lowStock, isHeld: held.has(told) };
      const reason = untruth(told, truth, one.saidAtMs);
      return reason === undefined ? [] : [[one.id, reason]];
    }),
  );
}

/** Why what was told is not so any more; undefined: it is. Pure. */
export function untruth(
  told: Pick<LastTelling, 'alertId' | 'type' | 'locationId' | 'priceMinor' | 'toldAt'>,
  { stock, priceMinor, lowStock, isHeld }: Truth,
  saidAtMs: number | undefined,
): string | undefined {
  const isUncounted = stock === undefined || !stock.isTracked;
  switch (told.type) {
    case 'restock':
      return isUncounted || lyingAt(stock, told.locationId) > 0 ? undefined : 'It is sold out again';
    case 'price_drop':
      if (priceMinor === undefined || (told.priceMinor !== null && priceMinor > told.priceMinor))
        return 'It costs more again';
      return stock?.isInStock === false ? 'It is sold out' : undefined;
    case 'low_stock':
      if (told.alertId === null && !isHeld) return 'It is not in her cart any more';
      if (isUncounted || stock.available >= plentyFrom(lowStock)) return 'There is plenty of it again';
      return stock.available > 0 ? undefined : 'It is sold out';
    case 'preorder':
      return saidAtMs !== undefined && told.toldAt.getTime() > saidAtMs ? 'Its date changed again' : undefined;
  }
}

function lyingAt(stock: Availability, locationId: string | null): number {
  if (locationId === null) return stock.available;
  return stock.byLocation.find((one) => one.locationId === locationId)?.available ?? 0;
}

/** Of those who were told for what they hold, who still does. */
async function readHeld(
  sql: Sql,
  workspaceId: number,
  tellings: readonly LastTelling[],
): Promise<ReadonlySet<LastTelling>> {
  const asked = tellings.filter(({ type, alertId }) => type === 'low_stock' && alertId === null);
  const held = await listHeld(sql, workspaceId, asked);
  return new Set(
    asked.filter((told) =>
      held.some(({ profileId, variantId }) => profileId === told.profileId && variantId === told.variantId),
    ),
  );
}

type StockOf = (told: LastTelling) => Availability | undefined;

/** Five queries a channel, of which there are few. */
async function readStock(sql: Sql, workspaceId: number, tellings: readonly LastTelling[]): Promise<StockOf> {
  // A store's stock counts whole, as does that of a cart.
  const channelOf = (told: LastTelling) => (isWhole(told) ? '' : told.channel);
  const byChannel = new Map<string, Map<string, Availability>>();
  for (const channel of new Set(tellings.map(channelOf))) {
    const own = tellings.filter((told) => channelOf(told) === channel);
    const variantIds = [...new Set(own.map(({ variantId }) => variantId))];
    const query = channel === '' ? { variantIds } : { variantIds, channel };
    byChannel.set(channel, await readAvailability(sql, workspaceId, query));
  }
  return (told) => byChannel.get(channelOf(told))?.get(told.variantId);
}

function isWhole({ type, locationId }: LastTelling): boolean {
  return locationId !== null || type === 'low_stock' || type === 'preorder';
}

async function readPricesOfTellings(
  sql: Sql,
  workspaceId: number,
  { tellings, nowMs }: { tellings: readonly LastTelling[]; nowMs: number },
): Promise<(told: LastTelling) => number | undefined> {
  const keyOf = ({ channel, currency }: LastTelling) => `${channel} ${currency}`;
  const drops = tellings.filter(({ type }) => type === 'price_drop');
  const prices = new Map<string, Awaited<ReturnType<typeof readPrices>>>();
  for (const key of new Set(drops.map(keyOf))) {
    const own = drops.filter((told) => keyOf(told) === key);
    const { channel, currency } = own[0]!;
    const variantIds = [...new Set(own.map(({ variantId }) => variantId))];
    const query = { variantIds, channel, currency: currency ?? undefined, atMs: nowMs };
    prices.set(key, await readPrices(sql, workspaceId, query));
  }
  return (told) => prices.get(keyOf(told))?.get(told.variantId)?.amountMinor;
}
