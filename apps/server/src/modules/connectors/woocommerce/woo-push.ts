import type { PushOutcome, StockPush } from '../connector.ts';
import { objectOf, wholeOf } from '../payload.ts';
import type { WooApi } from './woo-api.ts';

/**
 * Sets stock. WooCommerce knows no compare-and-swap: what it has is read first, and where that is not what was expected nothing is
 * written. Between the two calls a sale can still slip through; the next poll finds it.
 */
export async function pushWooStock(api: WooApi, pushes: readonly StockPush[]): Promise<PushOutcome[]> {
  const outcomes: PushOutcome[] = [];
  // One after the other: a small host takes no more.
  for (const push of pushes) outcomes.push(await pushOne(api, push));
  return outcomes;
}

async function pushOne(api: WooApi, { productRef, variantRef, quantity, expected }: StockPush): Promise<PushOutcome> {
  const isSimple = productRef === undefined || productRef === variantRef;
  const path = isSimple ? `products/${variantRef}` : `products/${productRef}/variations/${variantRef}`;
  const { body: before, at: atMs } = await api.get(path);
  if (before['manage_stock'] !== true) return { kind: 'refused', reason: 'the shop does not count its stock' };
  const has = wholeOf(before['stock_quantity']);
  if (has === quantity) return { kind: 'set' };
  if (expected !== undefined && has !== expected) return { kind: 'stale', quantity: has, atMs };
  const after = objectOf(await api.send('PUT', path, { stock_quantity: quantity }));
  return wholeOf(after?.['stock_quantity']) === quantity
    ? { kind: 'set' }
    : { kind: 'refused', reason: 'the shop did not take the quantity' };
}
