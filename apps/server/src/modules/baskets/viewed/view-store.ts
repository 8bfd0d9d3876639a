import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Line } from '../lines/line.ts';

export interface View {
  readonly basketId: string;
  readonly line: Line;
}

/** One version more of each; no other word is said of what was viewed. Answers the versions. */
export async function stepVersions(
  sql: Sql,
  workspaceId: number,
  baskets: { ids: readonly string[]; at: Date },
): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ id: string; version: number }>({
    name: 'basket_viewed_step',
    text: `update basket set version = version + 1, updated_at = $3 where workspace_id = $1 and id = any($2::uuid[])
           returning id, version`,
    values: [workspaceId, arrayLiteral(baskets.ids), baskets.at],
  });
  return new Map(rows.map((row) => [row.id, row.version]));
}

/** A product that was viewed before is viewed again; an event that comes late does not put it back. */
export async function putViews(
  sql: Sql,
  workspaceId: number,
  views: readonly (View & { readonly seq: number })[],
): Promise<void> {
  await sql.query({
    name: 'basket_viewed_put',
    text: `insert into basket_line as l (workspace_id, basket_id, line_key, variant_id, product_ref, variant_ref, sku, name,
             quantity, price_minor, currency, seq, said_at_ms, said_by, added_at)
           select $1::integer, basket_id, line_key, variant_id, product_ref, variant_ref, sku, name, 1, price_minor, currency,
             seq, said_at_ms, said_by, added_at
           from jsonb_populate_recordset(null::basket_line, $2::jsonb) order by basket_id, line_key
           on conflict (workspace_id, basket_id, line_key) do update set
             variant_id = excluded.variant_id, product_ref = excluded.product_ref, variant_ref = excluded.variant_ref,
             sku = excluded.sku, name = excluded.name, quantity = 1, deleted_at = null, price_minor = excluded.price_minor,
             currency = excluded.currency, seq = excluded.seq, said_at_ms = excluded.said_at_ms,
             said_by = excluded.said_by, added_at = excluded.added_at
           where l.said_at_ms < excluded.said_at_ms`,
    values: [
      workspaceId,
      JSON.stringify(
        views.map(({ basketId, seq, line }) => ({
          ...{ basket_id: basketId, line_key: line.key, variant_id: line.variantId, product_ref: line.productRef },
          ...{ variant_ref: line.variantRef, sku: line.sku, name: line.name, seq, said_at_ms: line.saidAtMs },
          ...{ price_minor: line.price?.amountMinor ?? null, currency: line.price?.currency ?? null },
          ...{ said_by: line.saidBy, added_at: new Date(line.addedAtMs) },
        })),
      ),
    ],
  });
}

/** Deletes what is no longer among the newest. */
export async function trimViews(
  sql: Sql,
  workspaceId: number,
  baskets: { ids: readonly string[]; keep: number },
): Promise<void> {
  if (baskets.ids.length === 0) return;
  await sql.query({
    name: 'basket_viewed_trim',
    text: `delete from basket_line l using (
             select basket_id, line_key, row_number() over (partition by basket_id order by said_at_ms desc, line_key) as place
             from basket_line where workspace_id = $1 and basket_id = any($2::uuid[])) p
           where l.workspace_id = $1 and l.basket_id = p.basket_id and l.line_key = p.line_key and p.place > $3`,
    values: [workspaceId, arrayLiteral(baskets.ids), baskets.keep],
  });
}
