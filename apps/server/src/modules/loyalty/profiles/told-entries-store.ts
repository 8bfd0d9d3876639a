import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface ToldEntry {
  readonly id: number;
  readonly program: string;
  readonly kind: string;
  readonly points: number;
  readonly pending: number;
  readonly debt: number;
  readonly reference: string;
  readonly note: string | null;
  readonly at: Date;
}

/** What became of a customer's points, oldest first. */
export async function pageToldEntries(
  sql: Sql,
  workspaceId: number,
  page: { profileIds: readonly string[]; nodes: readonly number[]; afterId: number; limit: number },
): Promise<ToldEntry[]> {
  const { rows } = await sql.query<ToldEntry>({
    text: `select e.id, p.key as program, e.kind, e.delta_balance as points, e.delta_pending as pending, e.delta_debt as debt,
             e.ref as reference, e.at, (select o.note from loyalty_operation o where o.workspace_id = $1
               and o.program_id = a.program_id and o.kind = e.kind and o.reference = e.ref) as note
           from loyalty_account a
           join points_program p on p.workspace_id = $1 and p.id = a.program_id
           join loyalty_entry e on e.workspace_id = $1 and e.account_id = a.id
           where a.workspace_id = $1 and (a.profile_id = any($2::uuid[]) or a.node = any($3::bigint[])) and e.id > $4
           order by e.id limit $5`,
    values: [workspaceId, arrayLiteral(page.profileIds), arrayLiteral(page.nodes), page.afterId, page.limit],
  });
  return rows;
}
