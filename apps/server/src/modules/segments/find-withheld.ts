import type { Services } from '../../platform/context.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { listWithheld } from '../profiles/index.ts';
import { objectedQuery } from './history/history-sql.ts';

/**
 * Profiles that history must not answer for, since only their own state tells whether they may be in any segment: restricted
 * ones, and those that ever objected to profiling. All others may.
 */
export async function findWithheld(
  { history }: Pick<Services, 'history'>,
  sql: Sql,
  workspaceId: number,
): Promise<readonly string[]> {
  const objected = await history.query<{ profile_id: string }>(objectedQuery(workspaceId));
  const withheld = await listWithheld(sql, workspaceId);
  return [...new Set([...withheld, ...objected.map((row) => row.profile_id)])];
}
