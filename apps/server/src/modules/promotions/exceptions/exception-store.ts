import type { COUPON_EXCEPTION_KINDS } from '@segue/contract';
import type { JsonObject } from '../../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export type CouponExceptionKind = (typeof COUPON_EXCEPTION_KINDS)[number];

export interface ExceptionRow {
  id: string;
  kind: CouponExceptionKind;
  campaign_id: string | null;
  code_id: string | null;
  redemption_id: string | null;
  profile_id: string | null;
  node: number | null;
  amount_minor: number | null;
  currency: string | null;
  detail: JsonObject;
  dedupe_key: string | null;
  state: 'open' | 'resolved';
  note: string | null;
  at: Date;
}

/** What people have to look at. One with the same `dedupe_key` is left as it is. */
export async function insertExceptions(
  sql: Sql,
  workspaceId: number,
  rows: readonly Omit<ExceptionRow, 'state' | 'note'>[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'coupon_exception_insert',
    text: `insert into coupon_exception (workspace_id, id, kind, campaign_id, code_id, redemption_id, profile_id, node,
             amount_minor, currency, detail, dedupe_key, at)
           select $1::integer, id, kind, campaign_id, code_id, redemption_id, profile_id, node, amount_minor, currency,
             detail, dedupe_key, at
           from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::bigint[], $9::bigint[],
             $10::text[], $11::jsonb[], $12::text[], $13::timestamptz[])
             as e(id, kind, campaign_id, code_id, redemption_id, profile_id, node, amount_minor, currency, detail,
               dedupe_key, at)
           order by dedupe_key
           on conflict do nothing`,
    values: [
      workspaceId,
      arrayLiteral(rows.map((row) => row.id)),
      rows.map((row) => row.kind),
      rows.map((row) => row.campaign_id),
      rows.map((row) => row.code_id),
      rows.map((row) => row.redemption_id),
      rows.map((row) => row.profile_id),
      rows.map((row) => row.node),
      rows.map((row) => row.amount_minor),
      rows.map((row) => row.currency),
      rows.map((row) => JSON.stringify(row.detail)),
      rows.map((row) => row.dedupe_key),
      rows.map((row) => row.at),
    ],
  });
}

/** Newest first. By `coupon_exception_state`. */
export async function pageExceptions(
  sql: Sql,
  workspaceId: number,
  page: { state: 'open' | 'resolved'; beforeId: string | null; limit: number },
): Promise<ExceptionRow[]> {
  const { rows } = await sql.query<ExceptionRow>({
    text: `select id, kind, campaign_id, code_id, redemption_id, profile_id, node, amount_minor, currency, detail,
             dedupe_key, state, note, at
           from coupon_exception
           where workspace_id = $1 and state = $2 and ($3::uuid is null or id < $3::uuid) order by id desc limit $4`,
    values: [workspaceId, page.state, page.beforeId, page.limit],
  });
  return rows;
}

/** Answers whether there is such an exception. */
export async function resolveExceptionRow(
  sql: Sql,
  workspaceId: number,
  { id, note, at }: { id: string; note: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update coupon_exception set state = 'resolved', note = $3, resolved_at = $4 where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, note, at],
  });
  return rowCount === 1;
}
