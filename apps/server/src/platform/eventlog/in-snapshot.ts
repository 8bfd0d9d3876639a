import type { Ctx } from '../context.ts';
import { isInTransaction } from './tx-ctx.ts';

/**
 * Runs reads that belong together: all see the workspace at one instant, never half of what another transaction changes.
 * Inside a transaction they join that one. Hold it short: no other engine is asked in between.
 * Shadow `ctx`: `inSnapshot(ctx, async (ctx) => …)`.
 */
export async function inSnapshot<T>(ctx: Ctx, reads: (ctx: Ctx) => Promise<T>): Promise<T> {
  if (isInTransaction(ctx)) return reads(ctx);
  // Looked up now and remembered: inside, every connection may be held by one who waits for one to look it up.
  await ctx.keysOf(ctx.workspaceId);
  return ctx.postgres.snapshot((sql) => reads({ ...ctx, sql }));
}
