import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export type RedemptionState = 'redeemed' | 'voided' | 'exception';

export interface RedemptionRow {
  id: string;
  code_id: string;
  campaign_id: string;
  version: number;
  order_source: string;
  order_ref: string;
  channel: string;
  store: string | null;
  profile_id: string | null;
  node: number | null;
  amount_minor: number;
  currency: string;
  state: RedemptionState;
  redeemed_at: Date;
  voided_at: Date | null;
}

export interface OrderName {
  readonly orderSource: string;
  readonly orderRef: string;
}

const COLUMNS = `id, code_id, campaign_id, version, order_source, order_ref, channel, store, profile_id, node, amount_minor,
  currency, state, redeemed_at, voided_at`;

/** Whoever redeems or voids for these orders is alone with them until the transaction ends. Take it before any row. */
export async function lockOrders(sql: Sql, workspaceId: number, orders: readonly OrderName[]): Promise<void> {
  await sql.query({
    name: 'coupon_order_lock',
    text: `select pg_advisory_xact_lock(key) from (
             select distinct hashtextextended(name, $1) as key from unnest($2::text[]) as o(name) order by 1) k
           /* workspace_id is the seed */`,
    values: [
      workspaceId,
      orders.map(({ orderSource, orderRef }) => `coupon order ${JSON.stringify([orderSource, orderRef])}`),
    ],
  });
}

/** Those of these orders, in the order of their ids. By `coupon_redemption_order`. */
export async function listRedemptionsOf(
  sql: Sql,
  workspaceId: number,
  { orders, lock }: { orders: readonly OrderName[]; lock: boolean },
): Promise<RedemptionRow[]> {
  const { rows } = await sql.query<RedemptionRow>({
    name: lock ? 'coupon_redemption_of_locked' : 'coupon_redemption_of',
    text: `select ${COLUMNS} from coupon_redemption
           where workspace_id = $1 and (order_source, order_ref) in (select * from unnest($2::text[], $3::text[]))
           order by id ${lock ? 'for update' : ''}`,
    values: [workspaceId, orders.map((one) => one.orderSource), orders.map((one) => one.orderRef)],
  });
  return rows;
}

export async function insertRedemptions(sql: Sql, workspaceId: number, rows: readonly RedemptionRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'coupon_redemption_insert',
    text: `insert into coupon_redemption (workspace_id, ${COLUMNS})
           select $1::integer, * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[], $7::text[],
             $8::text[], $9::text[], $10::uuid[], $11::bigint[], $12::bigint[], $13::text[], $14::text[],
             $15::timestamptz[], $16::timestamptz[])`,
    values: [
      workspaceId,
      arrayLiteral(rows.map((row) => row.id)),
      arrayLiteral(rows.map((row) => row.code_id)),
      arrayLiteral(rows.map((row) => row.campaign_id)),
      arrayLiteral(rows.map((row) => row.version)),
      rows.map((row) => row.order_source),
      rows.map((row) => row.order_ref),
      rows.map((row) => row.channel),
      rows.map((row) => row.store),
      rows.map((row) => row.profile_id),
      rows.map((row) => row.node),
      arrayLiteral(rows.map((row) => row.amount_minor)),
      rows.map((row) => row.currency),
      rows.map((row) => row.state),
      rows.map((row) => row.redeemed_at),
      rows.map((row) => row.voided_at),
    ],
  });
}

export async function voidRedemptionRows(
  sql: Sql,
  workspaceId: number,
  { ids, at }: { ids: readonly string[]; at: Date },
): Promise<void> {
  await sql.query({
    name: 'coupon_redemption_void',
    text: `update coupon_redemption set state = 'voided', voided_at = $3
           where workspace_id = $1 and id = any($2::uuid[]) and state <> 'voided'`,
    values: [workspaceId, arrayLiteral(ids), at],
  });
}

/** Newest first. */
export async function pageRedemptions(
  sql: Sql,
  workspaceId: number,
  page: {
    campaignId: string | null;
    profileId: string | null;
    orderSource: string | null;
    orderRef: string | null;
    beforeId: string | null;
    limit: number;
  },
): Promise<RedemptionRow[]> {
  const { rows } = await sql.query<RedemptionRow>({
    text: `select ${COLUMNS} from coupon_redemption
           where workspace_id = $1 and ($2::uuid is null or id < $2::uuid)
             and ($3::uuid is null or campaign_id = $3::uuid) and ($4::uuid is null or profile_id = $4::uuid)
             and ($5::text is null or order_source = $5::text) and ($6::text is null or order_ref = $6::text)
           order by id desc limit $7`,
    values: [workspaceId, page.beforeId, page.campaignId, page.profileId, page.orderSource, page.orderRef, page.limit],
  });
  return rows;
}
