import type { Sql } from '../../platform/postgres/index.ts';

interface Stale {
  readonly before: Date;
  readonly limit: number;
}

/** By `basket_stale`. */
export async function abandonCarts(sql: Sql, { before, limit }: Stale): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'basket_abandon',
    // every workspace: how long a guest's cart waits is the same everywhere.
    text: `update basket b set state = 'abandoned' from (
             select workspace_id, id from basket where updated_at < $1 and not is_linked and state = 'active' and kind = 'cart'
             order by updated_at limit $2 for update skip locked) s
           where b.workspace_id = s.workspace_id and b.id = s.id`,
    values: [before, limit],
  });
  return rowCount;
}

/** With their lines; what is part of another basket goes when that goes. By `basket_stale`. */
export async function deleteStale(sql: Sql, { before, limit }: Stale): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'basket_forget',
    // every workspace: how long a guest's basket is kept is the same everywhere.
    text: `delete from basket b using (
             select workspace_id, id from basket where updated_at < $1 and not is_linked and state <> 'merged'
             order by updated_at limit $2 for update skip locked) s
           where b.workspace_id = s.workspace_id and b.id = s.id`,
    values: [before, limit],
  });
  return rowCount;
}
