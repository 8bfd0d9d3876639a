import type { Sql } from '../../platform/postgres/index.ts';
import type { Basket } from './basket.ts';
import { basketOf, listOfProfiles, readBasketRows } from './basket-store.ts';
import { readLines } from './lines/line-store.ts';
import { newest } from './lines/merge-lines.ts';

const BASKETS_MAX = 20;

/** By id, with what lies in them; those that are not there are left out. Two queries. */
export async function readBaskets(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<Map<string, Basket>> {
  const rows = await readBasketRows(sql, workspaceId, [...new Set(ids)]);
  const lines = await readLines(sql, workspaceId, { basketIds: rows.map(({ id }) => id) });
  return new Map(
    rows.map((row) => {
      const live = new Map([...lines.get(row.id)!].filter(([, line]) => line.quantity > 0));
      return [row.id, basketOf(row, row.kind === 'viewed' ? newest(live) : live)];
    }),
  );
}

/** As `readBaskets` of one that a reader knows: what it became part of by now. */
export async function readBasket(sql: Sql, workspaceId: number, id: string): Promise<Basket | undefined> {
  for (let next: string | null = id; next !== null;) {
    const [row] = await readBasketRows(sql, workspaceId, [next]);
    if (row === undefined) return undefined;
    if (row.merged_into === null) return (await readBaskets(sql, workspaceId, [row.id])).get(row.id);
    next = row.merged_into;
  }
  return undefined;
}

/** What each customer put aside: her own first, then what guests on her devices did, the newest first. */
export async function basketsOf(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, Basket[]>> {
  const rows = await listOfProfiles(sql, workspaceId, { profileIds, eachMax: BASKETS_MAX });
  const baskets = await readBaskets(
    sql,
    workspaceId,
    rows.map(({ id }) => id),
  );
  const all = new Map<string, Basket[]>();
  for (const { id, profile_id: profileId } of rows)
    all.set(profileId, [...(all.get(profileId) ?? []), ...(baskets.get(id) === undefined ? [] : [baskets.get(id)!])]);
  return all;
}
