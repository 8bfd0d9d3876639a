import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { PointsTx } from './ledger/open-book.ts';

/** The transaction of a verb. */
export function txOf(ctx: TxCtx): PointsTx {
  return { workspaceId: ctx.workspaceId, sql: ctx.sql, now: ctx.clock.now() };
}
