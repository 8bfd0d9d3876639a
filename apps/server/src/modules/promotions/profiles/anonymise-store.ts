import type { PersonalSubject } from '../../../platform/personal-data/index.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

const HERS = 'workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[]))';

/** Takes a customer out of everything; answers how many rows named her. */
export async function anonymiseCoupons(
  sql: Sql,
  workspaceId: number,
  { profileIds, nodes }: Pick<PersonalSubject, 'profileIds' | 'nodes'>,
): Promise<number> {
  const values = [workspaceId, arrayLiteral(profileIds), arrayLiteral(nodes)];
  const run = async (text: string) => (await sql.query({ text, values })).rowCount;
  const uses = await sql.query({
    text: 'delete from coupon_profile_use where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: values.slice(0, 2),
  });
  return (
    uses.rowCount +
    (await run(`delete from coupon_assignment where ${HERS}`)) +
    (await run(`update coupon_hold set profile_id = null, node = null where ${HERS}`)) +
    (await run(`update coupon_redemption set profile_id = null, node = null where ${HERS}`)) +
    (await run(`update coupon_exception set profile_id = null, node = null, note = null where ${HERS}`))
  );
}
