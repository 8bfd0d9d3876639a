import type { Transaction } from '../../../platform/postgres/index.ts';

/** A variant came into or went out of sale, or may be owed from now on or not any more. */
export interface SaleChange {
  readonly workspaceId: number;
  readonly variantId: string;
}

/** Takes the oldest off the list: who takes them deals with them in the same transaction. */
export async function takeSaleChanges(sql: Transaction, limit: number): Promise<SaleChange[]> {
  const { rows } = await sql.query<{ workspace_id: number; variant_id: string }>({
    name: 'sale_change_take',
    // every workspace: one loop works for all.
    text: `delete from sale_change where (workspace_id, id) in (
             select workspace_id, id from sale_change order by workspace_id, id limit $1 for update skip locked)
           returning workspace_id, variant_id`,
    values: [limit],
  });
  return rows.map((row) => ({ workspaceId: row.workspace_id, variantId: row.variant_id }));
}
