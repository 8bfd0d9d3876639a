import type { Sql } from '../../../platform/postgres/index.ts';
import { readAvailability } from '../../inventory/index.ts';
import type { Lines } from './line.ts';
import type { RoomOf } from './merge-lines.ts';

/** How many of what lies in several of these baskets can be sold. Two baskets only add up there, so nothing else is asked. */
export async function roomsOf(
  sql: Sql,
  workspaceId: number,
  baskets: readonly { readonly kind: string; readonly lines: Lines }[],
): Promise<RoomOf> {
  const counts = new Map<string, number>();
  for (const { kind, lines } of baskets) {
    if (kind !== 'cart') continue;
    for (const { key, variantId, quantity } of lines.values())
      if (variantId !== null && quantity > 0)
        counts.set(`${variantId} ${key}`, (counts.get(`${variantId} ${key}`) ?? 0) + 1);
  }
  const common = [...counts].flatMap(([name, count]) => (count > 1 ? name.split(' ', 1) : []));
  if (common.length === 0) return () => Infinity;
  const stock = await readAvailability(sql, workspaceId, { variantIds: [...new Set(common)] });
  return ({ variantId }) => stock.get(variantId ?? '')?.sellable ?? Infinity;
}
