import { hash } from 'node:crypto';
import { arrayLiteral, type Sql } from '../postgres/index.ts';

/** 16 bytes that stand for (workspace, message id), as a uuid is written. */
export function messageKey(workspaceId: number, messageId: string): string {
  const hex = hash('md5', `${workspaceId}\n${messageId}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Remembers message ids and answers those that were known already: few, so little travels back. Sorted, so that two
 * processes given the same ids wait for each other instead of locking up; an id in an open transaction is waited for.
 */
export async function claimMessageKeys(sql: Sql, keys: readonly string[], dayNumber: number): Promise<Set<string>> {
  const sorted = [...new Set(keys)].sort();
  const { rows } = await sql.query<{ id: string }>({
    name: 'log_seen_claim',
    text: `with claimed as (
             insert into log_seen (id, day) select k, $2 from unnest($1::uuid[]) as k on conflict (id) do nothing returning id
           )
           select k as id from unnest($1::uuid[]) as k where not exists (select from claimed c where c.id = k)`,
    values: [arrayLiteral(sorted), dayNumber],
  });
  return new Set(rows.map((row) => row.id));
}

/** Forgets at most `limit` ids of one partition from before `dayNumber`; answers how many it forgot. */
export async function forgetMessageKeys(
  sql: Sql,
  options: { part: number; beforeDay: number; limit: number },
): Promise<number> {
  const table = `log_seen_${options.part}`;
  const { rowCount } = await sql.query({
    text: `delete from ${table} where ctid = any(array(select ctid from ${table} where day < $1 limit $2))`,
    values: [options.beforeDay, options.limit],
  });
  return rowCount;
}

export const SEEN_PARTS = 8;
