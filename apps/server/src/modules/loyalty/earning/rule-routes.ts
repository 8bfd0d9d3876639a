import { api } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { getProgram } from '../programs/change-programs.ts';
import { listPrograms } from '../programs/program-store.ts';
import { type Programs, programsOf } from '../programs/program.ts';
import { createRule, getRule, updateRule } from './change-rules.ts';
import { pageRules, type RuleRow } from './rule-store.ts';
import type { PresentedRule } from './rule.ts';

/** What events earn. */
export const ruleRoutes: Routes = (serve) => {
  serve(api.createPointsRule, async ({ ctx, params, body }) =>
    presentOne(ctx, await createRule(ctx, { key: params.key, body })),
  );

  serve(api.listPointsRules, async ({ ctx, params, query: { limit, cursor } }) => {
    const { id: programId } = await getProgram(ctx, params.key);
    const key = decodeCursor(cursor, ['uuid'])?.[0];
    const beforeId = key === undefined ? null : String(key);
    const rows = await pageRules(ctx.sql, ctx.workspaceId, { programId, beforeId, limit: limit + 1 });
    const programs = await programsIn(ctx);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: (row) => present(row, programs) });
  });

  serve(api.getPointsRule, ({ ctx, params }) => presentOne(ctx, requirePublicId('lrl', params.id)));

  serve(api.updatePointsRule, async ({ ctx, params, body }) => {
    const id = requirePublicId('lrl', params.id);
    await updateRule(ctx, { id, change: body });
    return presentOne(ctx, id);
  });
};

async function programsIn(ctx: Pick<Ctx, 'sql' | 'workspaceId'>): Promise<Programs> {
  return programsOf(await listPrograms(ctx.sql, ctx.workspaceId));
}

async function presentOne(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, id: string): Promise<PresentedRule> {
  return present(await getRule(ctx, id), await programsIn(ctx));
}

function present({ id, program_id: programId, state, rule, ...row }: RuleRow, programs: Programs): PresentedRule {
  return {
    ...{ id: publicId('lrl', id), program: programs.get(programId).key, state },
    ...rule,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
