import type { Ctx } from '../context.ts';
import type { Transaction } from '../postgres/index.ts';
import type { EmittedEvent } from './batch.ts';
import { appendEmitted, OpenBatch } from './subject-batch.ts';

/** A context inside a transaction: only here can events be emitted. */
export interface TxCtx extends Ctx {
  readonly sql: Transaction;
  emit(event: EmittedEvent): void;
}

/** Runs `work` in one transaction; what it emits is appended before the commit. Shadow `ctx`: `inTransaction(ctx, async (ctx) => …)`. */
export async function inTransaction<T>(ctx: Ctx, work: (ctx: TxCtx) => Promise<T>): Promise<T> {
  const { result, blocks } = await ctx.postgres.transaction(async (sql) => {
    const batch = new OpenBatch(ctx, { workspaceId: ctx.workspaceId, sql, configVersion: 0 });
    const answer = await work({ ...ctx, sql, emit: (event) => batch.emit(event) });
    return { result: answer, blocks: await appendEmitted(sql, [batch]) };
  });
  ctx.log.appended(blocks);
  return result;
}
