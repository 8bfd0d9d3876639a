import type { Money } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../../platform/postgres/index.ts';
import type { Holder, HoldersAsked } from '../ports.ts';

/** By `basket_line_variant`. */
export async function listHolders(sql: Sql, workspaceId: number, asked: HoldersAsked): Promise<Holder[]> {
  const { rows } = await sql.query<{ profile_id: string; node: number }>({
    name: 'alert_holders',
    text: `select b.profile_id, min(b.node) as node from basket_line l
           join basket b on b.workspace_id = l.workspace_id and b.id = l.basket_id and b.state = 'active'
             and b.kind in ('cart', 'wishlist') and b.profile_id is not null and b.node is not null
           where l.workspace_id = $1 and l.variant_id = $2 and l.quantity > 0
             and ($3::uuid is null or b.profile_id > $3)
           group by b.profile_id order by b.profile_id limit $4`,
    values: [workspaceId, asked.variantId, asked.afterProfileId, asked.limit],
  });
  return rows.map((row) => ({ profileId: row.profile_id, node: row.node }));
}

export interface Held {
  readonly profileId: string;
  readonly variantId: string;
}

/** Those of the pairs where the variant lies in a cart or on a wish list of the profile. By `basket_profile`. */
export async function listHeld(sql: Sql, workspaceId: number, asked: readonly Held[]): Promise<Held[]> {
  if (asked.length === 0) return [];
  const { rows } = await sql.query<Held>({
    name: 'alert_held',
    text: `select distinct a.profile_id as "profileId", a.variant_id as "variantId"
           from unnest($2::uuid[], $3::uuid[]) as a(profile_id, variant_id)
             join basket b on b.workspace_id = $1 and b.profile_id = a.profile_id and b.state = 'active'
               and b.kind in ('cart', 'wishlist')
             join basket_line l on l.workspace_id = $1 and l.basket_id = b.id and l.variant_id = a.variant_id
               and l.quantity > 0`,
    values: [
      ...[workspaceId, arrayLiteral(asked.map((one) => one.profileId))],
      arrayLiteral(asked.map((one) => one.variantId)),
    ],
  });
  return rows;
}

/** What a variant cost when she last put it into a basket or viewed it. By `basket_profile`. */
export async function findSeenPrice(
  sql: Sql,
  workspaceId: number,
  { profileId, variantId }: { profileId: string; variantId: string },
): Promise<Money | undefined> {
  const { rows } = await sql.query<{ price_minor: number; currency: string }>({
    name: 'alert_seen_price',
    text: `select l.price_minor, l.currency from basket b
           join basket_line l on l.workspace_id = b.workspace_id and l.basket_id = b.id and l.variant_id = $3
           where b.workspace_id = $1 and b.profile_id = $2 and b.state = 'active' and l.quantity > 0
             and l.price_minor is not null
           order by l.added_at desc, l.basket_id limit 1`,
    values: [workspaceId, profileId, variantId],
  });
  const [row] = rows;
  return row && { amountMinor: row.price_minor, currency: row.currency };
}
