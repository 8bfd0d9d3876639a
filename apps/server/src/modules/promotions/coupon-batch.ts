import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { Transaction } from '../../platform/postgres/index.ts';

/** One transaction in which coupons change: that of a verb, of an order, or of a loop. */
export interface CouponBatch {
  readonly workspaceId: number;
  readonly sql: Transaction;
  readonly now: number;
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
}

export function batchOf(ctx: TxCtx): CouponBatch {
  return {
    workspaceId: ctx.workspaceId,
    sql: ctx.sql,
    now: ctx.clock.now(),
    keysOf: (workspaceId) => ctx.keysOf(workspaceId),
  };
}
