import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Line } from './line.ts';

/** A line with the version of its basket that it is of. */
export interface KeptLine extends Line {
  readonly seq: number;
}

interface LineRow {
  basket_id: string;
  line_key: string;
  variant_id: string | null;
  product_ref: string | null;
  variant_ref: string | null;
  sku: string | null;
  name: string | null;
  quantity: number;
  price_minor: number | null;
  currency: string | null;
  note: string | null;
  seq: number;
  said_at_ms: number;
  said_by: string;
  added_at: Date;
}

/** Of these baskets, those that changed after a version; removed ones too. By the primary key. */
export async function readLines(
  sql: Sql,
  workspaceId: number,
  asked: { basketIds: readonly string[]; afterSeq?: number },
): Promise<Map<string, Map<string, KeptLine>>> {
  const lines = new Map<string, Map<string, KeptLine>>(asked.basketIds.map((id) => [id, new Map()]));
  if (lines.size === 0) return lines;
  const { rows } = await sql.query<LineRow>({
    name: 'basket_line_read',
    text: `select basket_id, line_key, variant_id, product_ref, variant_ref, sku, name, quantity, price_minor, currency, note,
             seq, said_at_ms, said_by, added_at
           from basket_line where workspace_id = $1 and basket_id = any($2::uuid[]) and seq > $3
           order by basket_id, added_at, line_key`,
    values: [workspaceId, arrayLiteral(asked.basketIds), asked.afterSeq ?? -1],
  });
  for (const row of rows) lines.get(row.basket_id)?.set(row.line_key, lineOf(row));
  return lines;
}

function lineOf(row: LineRow): KeptLine {
  const { price_minor: amountMinor, currency } = row;
  return {
    ...{ key: row.line_key, variantId: row.variant_id, productRef: row.product_ref, variantRef: row.variant_ref },
    ...{ sku: row.sku, name: row.name, quantity: row.quantity, note: row.note, seq: row.seq },
    ...{ saidAtMs: row.said_at_ms, saidBy: row.said_by, addedAtMs: row.added_at.getTime() },
    price: amountMinor === null || currency === null ? null : { amountMinor, currency },
  };
}

export async function putLines(
  sql: Sql,
  workspaceId: number,
  lines: readonly { basketId: string; line: KeptLine }[],
): Promise<void> {
  if (lines.length === 0) return;
  await sql.query({
    name: 'basket_line_put',
    text: `insert into basket_line as l (workspace_id, basket_id, line_key, variant_id, product_ref, variant_ref, sku, name,
             quantity, price_minor, currency, note, seq, said_at_ms, said_by, added_at, deleted_at)
           select $1::integer, basket_id, line_key, variant_id, product_ref, variant_ref, sku, name, quantity, price_minor,
             currency, note, seq, said_at_ms, said_by, added_at, deleted_at
           from jsonb_populate_recordset(null::basket_line, $2::jsonb) order by basket_id, line_key
           on conflict (workspace_id, basket_id, line_key) do update set
             variant_id = excluded.variant_id, product_ref = excluded.product_ref, variant_ref = excluded.variant_ref,
             sku = excluded.sku, name = excluded.name, quantity = excluded.quantity, price_minor = excluded.price_minor,
             currency = excluded.currency, note = excluded.note, seq = excluded.seq, said_at_ms = excluded.said_at_ms,
             said_by = excluded.said_by, added_at = excluded.added_at, deleted_at = excluded.deleted_at`,
    values: [workspaceId, JSON.stringify(lines.map(recordOf))],
  });
}

function recordOf({ basketId, line }: { basketId: string; line: KeptLine }): Record<string, unknown> {
  return {
    ...{ basket_id: basketId, line_key: line.key, variant_id: line.variantId, product_ref: line.productRef },
    ...{ variant_ref: line.variantRef, sku: line.sku, name: line.name, quantity: line.quantity, note: line.note },
    ...{ price_minor: line.price?.amountMinor ?? null, currency: line.price?.currency ?? null, seq: line.seq },
    ...{ said_at_ms: line.saidAtMs, said_by: line.saidBy, added_at: new Date(line.addedAtMs) },
    deleted_at: line.quantity === 0 ? new Date(line.saidAtMs) : null,
  };
}

/** Of the recently viewed what is no longer recent. */
export async function deleteLines(
  sql: Sql,
  workspaceId: number,
  lines: readonly { basketId: string; key: string }[],
): Promise<void> {
  if (lines.length === 0) return;
  await sql.query({
    name: 'basket_line_delete',
    text: `delete from basket_line l using unnest($2::uuid[], $3::text[]) as d(basket_id, line_key)
           where l.workspace_id = $1 and l.basket_id = d.basket_id and l.line_key = d.line_key`,
    values: [workspaceId, arrayLiteral(lines.map((line) => line.basketId)), lines.map((line) => line.key)],
  });
}
