import { amountInMain } from '@segue/contract';
import type { StockAlert } from '../alert.ts';
import { holdActive, markTold, pageAsked } from '../alert-store.ts';
import { readAvailability } from '../../../inventory/index.ts';
import { isDrop } from './decide-price-drop.ts';
import { isForSale, readPricesOf, readProperties } from './read-product.ts';
import { type News, tellCustomers } from './tell-customers.ts';
import { type Outcome, type Telling, TOLD_AT_ONCE } from './telling.ts';

type Waiting = StockAlert & { readonly baselineMinor: number; readonly currency: string };

/**
 * Tells a page of those who wait for a lower price than they saw, by the price of this moment. What cannot be bought is no bargain:
 * whoever waits is looked at again once it is back.
 */
export async function tellPriceDrop(telling: Telling): Promise<Outcome> {
  const { batch, run } = telling;
  const { sql, workspaceId } = batch;
  const { variantId, channel } = run;
  if (!(await isForSale(sql, workspaceId, variantId))) return undefined;
  const stock = await readAvailability(sql, workspaceId, { variantIds: [variantId], channel });
  if (stock.get(variantId)?.isInStock === false) return undefined;
  const asked = {
    variantId,
    type: run.type,
    channel,
    afterId: run.afterId,
    now: new Date(batch.now),
    limit: TOLD_AT_ONCE,
  };
  const page = await pageAsked(sql, workspaceId, asked);
  const last = page.at(-1);
  if (last === undefined) return undefined;
  const prices = await readPricesOf(sql, workspaceId, {
    ...{ variantId, channel, atMs: batch.now },
    currencies: page.flatMap((one) => one.currency ?? []),
  });
  const dropped = page.filter(isPriced).filter((one) => {
    const price = prices.get(one.currency);
    return price !== undefined && isDrop(one, price);
  });
  await tellThese(telling, { dropped, prices });
  return page.length < TOLD_AT_ONCE ? undefined : { ...run, afterId: last.id, nextAt: new Date(batch.now) };
}

function isPriced(alert: StockAlert): alert is Waiting {
  return alert.baselineMinor !== null && alert.currency !== null;
}

async function tellThese(
  { batch, run }: Telling,
  { dropped, prices }: { dropped: readonly Waiting[]; prices: ReadonlyMap<string, number> },
): Promise<void> {
  if (dropped.length === 0) return;
  const { sql, workspaceId } = batch;
  await batch.lock(dropped.map(({ profileId }) => profileId));
  const held = await holdActive(sql, workspaceId, dropped);
  const theirs = dropped.filter(({ id, profileId }) => held.has(id) && batch.subjects.has(profileId));
  const propertiesOf = await readProperties(sql, workspaceId, {
    ...{ variantId: run.variantId, shown: theirs, atMs: batch.now },
  });
  const news = theirs.map((alert): News => {
    const { id, profileId, node, channel, currency, baselineMinor, tellings } = alert;
    const priceMinor = prices.get(currency)!;
    return {
      ...{ alertId: id, profileId, node, channel, currency, priceMinor, dueAt: null, round: tellings },
      properties: {
        ...propertiesOf(alert),
        price: amountInMain(priceMinor, currency),
        price_before: amountInMain(baselineMinor, currency),
        discount: amountInMain(baselineMinor - priceMinor, currency),
        currency,
      },
    };
  });
  await tellCustomers(batch, run, news);
  const told = theirs.map(({ id, currency }) => ({ id, baselineMinor: prices.get(currency)! }));
  await markTold(sql, workspaceId, { told, edge: run.edge, isOver: false, at: new Date(batch.now) });
}
