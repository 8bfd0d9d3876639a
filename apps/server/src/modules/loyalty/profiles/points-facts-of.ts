import type { Sql } from '../../../platform/postgres/index.ts';
import { readBalances } from './read-balances.ts';

/** Her points in one program. */
interface Points {
  /** Its key. */
  readonly program: string;
  readonly balance: number;
  readonly pending: number;
  /** All she ever earned, less what was taken back. */
  readonly lifetime: number;
}

/** What rules of segments ask of points, for a whole batch of profiles. */
export async function pointsFactsOf(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, Points[]>> {
  const balances = await readBalances(sql, workspaceId, profileIds);
  return new Map(
    [...balances].map(([profileId, all]) => [
      profileId,
      all.map(({ program, balance, pending, lifetimeEarned: lifetime }) => ({ program, balance, pending, lifetime })),
    ]),
  );
}
