import type { Sql } from '../../../platform/postgres/index.ts';
import type { SaidMembership } from './company-state.ts';

/** What was said of one identifier's belonging to a company. */
export interface NodeMembership {
  readonly node: number;
  readonly companyId: string;
  readonly said: SaidMembership;
}

interface NodeMembershipRow {
  node: number;
  company_id: string;
  role: string | null;
  role_ms: number | null;
  first_ms: number | null;
  last_ms: number | null;
  left_ms: number | null;
}

/** Everything said of these nodes. By primary key. */
export async function listSaid(sql: Sql, workspaceId: number, nodes: readonly number[]): Promise<NodeMembership[]> {
  if (nodes.length === 0) return [];
  const { rows } = await sql.query<NodeMembershipRow>({
    name: 'company_node_list',
    text: `select node, company_id, role, role_ms, first_ms, last_ms, left_ms from company_node
           where workspace_id = $1 and node = any($2::bigint[])`,
    values: [workspaceId, nodes],
  });
  return rows.map((row) => ({
    node: row.node,
    companyId: row.company_id,
    said: {
      role: row.role,
      roleMs: row.role_ms,
      firstMs: row.first_ms,
      lastMs: row.last_ms,
      leftMs: row.left_ms,
    },
  }));
}

/**
 * Adds to what was said of nodes; whoever writes holds the lock of their profile. Of what is no news for the profile
 * (`isNews`), being said again within a minute is not written down.
 */
export async function addSaid(
  sql: Sql,
  workspaceId: number,
  writes: readonly (NodeMembership & { readonly isNews: boolean })[],
): Promise<void> {
  if (writes.length === 0) return;
  const of = <T>(pick: (said: SaidMembership) => T): T[] => writes.map(({ said }) => pick(said));
  const isNewer = (a: string, b: string): string =>
    `${a}.role_ms is not null and (${b}.role_ms is null or ${a}.role_ms > ${b}.role_ms
       or (${a}.role_ms = ${b}.role_ms and coalesce(${a}.role, '') > coalesce(${b}.role, '') collate "C"))`;
  await sql.query({
    name: 'company_node_add',
    text: `insert into company_node as t (workspace_id, node, company_id, role, role_ms, first_ms, last_ms, left_ms)
           select $1, n.node, n.company_id, n.role, n.role_ms, n.first_ms, n.last_ms, n.left_ms
           from unnest($2::bigint[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::boolean[])
             as n(node, company_id, role, role_ms, first_ms, last_ms, left_ms, is_news)
           left join company_node k on k.workspace_id = $1 and k.node = n.node and k.company_id = n.company_id
           where n.is_news or k.first_ms is null or n.first_ms < k.first_ms or n.last_ms >= k.last_ms + 60000
             or (${isNewer('n', 'k')})
           on conflict (workspace_id, node, company_id) do update set
             role = case when ${isNewer('excluded', 't')} then excluded.role else t.role end,
             role_ms = greatest(t.role_ms, excluded.role_ms), first_ms = least(t.first_ms, excluded.first_ms),
             last_ms = greatest(t.last_ms, excluded.last_ms), left_ms = greatest(t.left_ms, excluded.left_ms)`,
    values: [
      workspaceId,
      writes.map((w) => w.node),
      writes.map((w) => w.companyId),
      of((s) => s.role),
      of((s) => s.roleMs),
      of((s) => s.firstMs),
      of((s) => s.lastMs),
      of((s) => s.leftMs),
      writes.map((w) => w.isNews),
    ],
  });
}
