import { api, type Retention, type RetentionRule } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { durationMs, listActiveSegments } from '../../segments/index.ts';
import { lookBacksOf, shortening } from './retention-rules.ts';
import { findRetention, saveRetention } from './retention-store.ts';

/** How long files of exports are kept where nobody said otherwise. */
export const EXPORT_DAYS = 30;

/** How long events are kept. */
export const retentionRoutes: Routes = (serve) => {
  serve(api.getRetention, async ({ ctx }) => {
    const row = await findRetention(ctx.sql, ctx.workspaceId);
    return present(ctx, { rules: row?.rules ?? [], exportDays: row?.export_days ?? EXPORT_DAYS });
  });

  serve(api.setRetention, async ({ ctx, body }) => {
    const { rules, exportDays } = body;
    const row = { workspace_id: ctx.workspaceId, rules, export_days: exportDays };
    await saveRetention(ctx.sql, row, new Date(ctx.clock.now()));
    await recordAudit(ctx, { action: 'retention.updated', detail: { rules, exportDays } });
    return present(ctx, body);
  });
};

async function present(ctx: Ctx, given: { rules: RetentionRule[]; exportDays: number }): Promise<Retention> {
  const { rules, exportDays } = given;
  return { rules, exportDays, warnings: rules.length === 0 ? [] : await warningsOf(ctx, rules) };
}

async function warningsOf(ctx: Ctx, rules: readonly RetentionRule[]): Promise<Retention['warnings']> {
  return (await listActiveSegments(ctx.sql, ctx.workspaceId)).flatMap(({ id, name: segment, rule }) =>
    lookBacksOf(rule, durationMs).flatMap((look) => {
      const short = shortening(rules, look);
      if (short === undefined) return [];
      const { keepDays } = short;
      const event = look.name ?? `any ${look.type}`;
      const message = `looks back further than the ${keepDays} days that "${short.name}" is kept: counted anew it sees less`;
      return [{ segmentId: publicId('seg', id), segment, event, keepDays, message }];
    }),
  );
}
