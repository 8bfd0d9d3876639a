import type { Sql } from '../../../platform/postgres/index.ts';
import type { Basket } from '../basket.ts';
import { basketOf, readBasketRows } from '../basket-store.ts';
import { readLines } from '../lines/line-store.ts';
import { newest } from '../lines/merge-lines.ts';
import { type PresentedBasket, presentLine, publicBasketId, readTruths, totalOf } from '../present-basket.ts';

/** A basket as its customer's device is told it. */
export interface ShopperBasket extends Pick<
  PresentedBasket,
  'id' | 'kind' | 'state' | 'name' | 'currency' | 'isLinked' | 'shareToken' | 'version' | 'lines' | 'total'
> {
  /** False: only the lines that changed since; a quantity of 0 was removed. */
  readonly isWhole: boolean;
}

interface Reader {
  readonly sql: Sql;
  readonly workspaceId: number;
  readonly nowMs: number;
}

/**
 * What a basket is by now, and of its lines those that changed after a version; of one that was merged what it became part of: all
 * lines of that are later than any version the device can know. Undefined: there is none.
 */
export async function syncBasket(
  reader: Reader,
  id: string,
  since?: number,
): Promise<{ id: string; view: ShopperBasket } | undefined> {
  const row = await readSurvivor(reader, id);
  if (row === undefined) return undefined;
  const { sql, workspaceId } = reader;
  const lines = (await readLines(sql, workspaceId, { basketIds: [row.id] })).get(row.id)!;
  const isWhole = since === undefined || since <= 0;
  const live = [...lines].filter(([, line]) => line.quantity > 0);
  const kept = row.kind === 'viewed' ? newest(new Map(live)) : new Map(live);
  const told = isWhole ? kept : new Map([...lines].filter(([, line]) => line.seq > since));
  const basket = basketOf(row, new Map([...kept, ...told]));
  const view = await present(reader, basket, { told: [...told.keys()], isWhole });
  return { id: row.id, view };
}

async function readSurvivor({ sql, workspaceId }: Reader, id: string) {
  for (let next: string | null = id; next !== null;) {
    const [row] = await readBasketRows(sql, workspaceId, [next]);
    if (row === undefined || row.merged_into === null) return row;
    next = row.merged_into;
  }
  return undefined;
}

async function present(
  reader: Reader,
  basket: Basket,
  { told, isWhole }: { told: readonly string[]; isWhole: boolean },
): Promise<ShopperBasket> {
  const truths = await readTruths(reader, [basket]);
  const all = [...basket.lines.values()].map((line) => presentLine(basket, line, truths));
  const { kind, name, currency, isLinked, shareToken, version, state } = basket;
  return {
    ...{ id: publicBasketId(basket), kind, name, currency, isLinked, shareToken, version, isWhole },
    state: state === 'merged' ? 'active' : state,
    lines: all.filter(({ key }) => told.includes(key)),
    total: totalOf(all),
  };
}

/** A wish list as whoever has its link sees it: the things, and nothing of the person. */
export async function readShared(reader: Reader, id: string) {
  const synced = await syncBasket(reader, id);
  if (synced === undefined || synced.view.kind !== 'wishlist') return undefined;
  const { name, lines, total } = synced.view;
  return { name, total, lines: lines.map(({ note: _note, addedAt: _addedAt, ...line }) => line) };
}
