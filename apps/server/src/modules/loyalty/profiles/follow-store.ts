import type { Handover } from '../../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** What merged profiles have is that of the profiles they became part of. Answers who of these owes points. */
export async function moveAccounts(
  sql: Sql,
  workspaceId: number,
  moves: ReadonlyMap<string, string>,
): Promise<{ moved: number; owing: string[] }> {
  const { rowCount } = await sql.query({
    name: 'loyalty_account_follow',
    text: `update loyalty_account a set profile_id = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           where a.workspace_id = $1 and a.profile_id = m.origin`,
    values: [workspaceId, arrayLiteral([...moves.keys()]), arrayLiteral([...moves.values()])],
  });
  if (rowCount === 0) return { moved: 0, owing: [] };
  const { rows } = await sql.query<{ profile_id: string }>({
    name: 'loyalty_account_owing',
    text: `select distinct profile_id from loyalty_account
           where workspace_id = $1 and profile_id = any($2::uuid[]) and debt > 0`,
    values: [workspaceId, arrayLiteral([...new Set(moves.values())])],
  });
  return { moved: rowCount, owing: rows.map((row) => row.profile_id) };
}

/** What is filed under a node goes where the node went. */
export async function handAccountsOver(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<number> {
  const moves = handovers.flatMap(({ into, nodes }) => nodes.map(({ id }) => ({ node: id, into: into.id })));
  if (moves.length === 0) return 0;
  const { rowCount } = await sql.query({
    name: 'loyalty_account_hand_over',
    text: `update loyalty_account a set profile_id = m.target from unnest($2::bigint[], $3::uuid[]) as m(node, target)
           where a.workspace_id = $1 and a.node = m.node`,
    values: [workspaceId, arrayLiteral(moves.map((move) => move.node)), arrayLiteral(moves.map((move) => move.into))],
  });
  return rowCount;
}

/** Takes a customer out of her accounts; what they say stays. Answers how many rows named her. */
export async function anonymiseAccounts(
  sql: Sql,
  workspaceId: number,
  { profileIds, nodes }: { profileIds: readonly string[]; nodes: readonly number[] },
): Promise<number> {
  const values = [workspaceId, arrayLiteral(profileIds), arrayLiteral(nodes)];
  const hers = `select id from loyalty_account where workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[]))`;
  const news = await sql.query({
    text: `delete from points_news where workspace_id = $1 and account_id in (${hers})`,
    values,
  });
  // A reason that somebody typed may name her, and so does a gift to her.
  const notes = await sql.query({
    text: `update loyalty_operation set note = null, asked = asked - 'to' where workspace_id = $1
           and (account_id in (${hers}) or asked->>'to' = any($2::text[]))`,
    values,
  });
  const accounts = await sql.query({
    text: `update loyalty_account set profile_id = null, node = null where workspace_id = $1
           and (profile_id = any($2::uuid[]) or node = any($3::bigint[]))`,
    values,
  });
  return news.rowCount + notes.rowCount + accounts.rowCount;
}
