import type { Ctx } from '../context.ts';
import { appendEmitted, OpenBatch } from './subject-batch.ts';
import { isInTransaction, type TxCtx } from './tx-ctx.ts';

/**
 * Runs `work` in one transaction; what it emits is appended before the commit. Inside a transaction it joins that one.
 * Shadow `ctx`: `inTransaction(ctx, async (ctx) => …)`.
 */
export async function inTransaction<T>(ctx: Ctx | TxCtx, work: (ctx: TxCtx) => Promise<T>): Promise<T> {
  if (isInTransaction(ctx)) return work(ctx);
  // Looked up now and remembered: inside, every connection may be held by a transaction that waits for one to look it up.
  await ctx.keysOf(ctx.workspaceId);
  const after: (() => Promise<void>)[] = [];
  const before: (() => Promise<void>)[] = [];
  const { result, blocks } = await ctx.postgres.transaction(async (sql) => {
    const batch = new OpenBatch(ctx, { workspaceId: ctx.workspaceId, sql, configVersion: 0 });
    const answer = await work({
      ...ctx,
      sql,
      emit: (event) => batch.emit(event),
      beforeCommit: (last) => void before.push(last),
      afterCommit: (tidy) => void after.push(tidy),
    });
    for (const last of before) await last();
    return { result: answer, blocks: await appendEmitted(sql, [batch]) };
  });
  ctx.log.appended(blocks);
  for (const tidy of after) {
    // The change has happened: whoever asked for it must not be told otherwise.
    await tidy().catch((error: unknown) => ctx.logger.error({ error }, 'what follows a change could not be done'));
  }
  return result;
}
