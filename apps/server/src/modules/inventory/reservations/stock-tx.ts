import type { Sql } from '../../../platform/postgres/index.ts';

/** One transaction in which stock changes: of a verb, or of a batch of events. */
export interface StockTx {
  readonly sql: Sql;
  readonly workspaceId: number;
  readonly now: number;
}

/** That of a verb. */
export function stockTx({
  sql,
  workspaceId,
  clock,
}: {
  sql: Sql;
  workspaceId: number;
  clock: { now(): number };
}): StockTx {
  return { sql, workspaceId, now: clock.now() };
}
