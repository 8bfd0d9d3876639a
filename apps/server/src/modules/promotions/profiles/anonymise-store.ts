import type { PersonalSubject } from '../../../platform/personal-data/index.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

const HERS = '(profile_id = any($2::uuid[]) or node = any($3::bigint[]))';

/** Takes a customer out of everything; answers how many rows named her. */
export async function anonymiseCoupons(
  sql: Sql,
  workspaceId: number,
  { profileIds, nodes }: Pick<PersonalSubject, 'profileIds' | 'nodes'>,
): Promise<number> {
  const values = [workspaceId, arrayLiteral(profileIds), arrayLiteral(nodes)];
  const statements = [
    `delete from coupon_assignment where workspace_id = $1 and ${HERS}`,
    `update coupon_hold set profile_id = null, node = null where workspace_id = $1 and ${HERS}`,
    `update coupon_redemption set profile_id = null, node = null where workspace_id = $1 and ${HERS}`,
    `update coupon_exception set profile_id = null, node = null, note = null where workspace_id = $1 and ${HERS}`,
  ];
  const uses = await sql.query({
    text: 'delete from coupon_profile_use where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: values.slice(0, 2),
  });
  let rows = uses.rowCount;
  for (const text of statements) rows += (await sql.query({ text, values })).rowCount;
  return rows;
}
