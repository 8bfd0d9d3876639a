import type { Transaction } from '../../../platform/postgres/index.ts';

/**
 * Where the spending of channels stands, in milliseconds; other processes wait for it until the transaction ends. What nothing
 * was ever spent of is made.
 */
export async function lockSpending(
  sql: Transaction,
  workspaceId: number,
  channels: readonly string[],
): Promise<Map<string, number>> {
  if (channels.length === 0) return new Map();
  const sorted = [...channels].sort();
  await sql.query({
    name: 'send_spending_ensure',
    text: `insert into send_spending (workspace_id, channel, spent_until_ms) select $1, c, 0 from unnest($2::text[]) as c
           on conflict do nothing`,
    values: [workspaceId, sorted],
  });
  const { rows } = await sql.query<{ channel: string; spent_until_ms: number }>({
    name: 'send_spending_lock',
    text: `select channel, spent_until_ms from send_spending
           where workspace_id = $1 and channel = any($2::text[]) order by channel for update`,
    values: [workspaceId, sorted],
  });
  return new Map(rows.map((row) => [row.channel, row.spent_until_ms]));
}

export async function writeSpending(
  sql: Transaction,
  workspaceId: number,
  spending: ReadonlyMap<string, number>,
): Promise<void> {
  if (spending.size === 0) return;
  await sql.query({
    name: 'send_spending_write',
    text: `update send_spending s set spent_until_ms = n.spent from unnest($2::text[], $3::double precision[]) as n(channel, spent)
           where s.workspace_id = $1 and s.channel = n.channel`,
    values: [workspaceId, [...spending.keys()], [...spending.values()]],
  });
}
