import { createHash } from 'node:crypto';
import type { Sql } from '../postgres/index.ts';
import { uuidText } from '../ids/index.ts';

/** 16 bytes that stand for (workspace, message id). */
export function messageKey(workspaceId: number, messageId: string): string {
  const digest = createHash('md5').update(`${workspaceId}\n${messageId}`).digest();
  return uuidText(digest);
}

/**
 * Remembers message ids and answers those that are new. Sorted, so that two processes given the same ids wait for each
 * other instead of locking up; an id in a transaction that is still open is waited for.
 */
export async function claimMessageKeys(sql: Sql, keys: readonly string[], dayNumber: number): Promise<Set<string>> {
  const sorted = [...new Set(keys)].sort();
  const { rows } = await sql.query<{ id: string }>({
    name: 'log_seen_claim',
    text: 'insert into log_seen (id, day) select k, $2 from unnest($1::uuid[]) as k on conflict (id) do nothing returning id',
    values: [sorted, dayNumber],
  });
  return new Set(rows.map((row) => row.id));
}

/** Forgets at most `limit` ids of one partition from before `dayNumber`; answers how many it forgot. */
export async function forgetMessageKeys(sql: Sql, options: { part: number; beforeDay: number; limit: number }): Promise<number> {
  const table = `log_seen_${options.part}`;
  const { rowCount } = await sql.query({
    text: `delete from ${table} where ctid = any(array(select ctid from ${table} where day < $1 limit $2))`,
    values: [options.beforeDay, options.limit],
  });
  return rowCount;
}

export const SEEN_PARTS = 8;
