import type { api, BodyOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { cutLanes, inTransaction } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { TOLD_EVENTS } from '../ledger/news-of.ts';
import { getProgram } from '../programs/change-programs.ts';
import { countRules, findRule, insertRule, type RuleRow, updateRuleRow } from './rule-store.ts';
import type { RuleWords } from './rule.ts';

const RULES_MAX = 100;

export async function getRule(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, id: string): Promise<RuleRow> {
  const rule = await findRule(ctx.sql, ctx.workspaceId, id);
  if (rule === undefined) throw new AppError('not_found', 'There is no such earning rule');
  return rule;
}

/** Processors know the rules by a version: changing any begins with the cut. */
export async function createRule(
  ctx: Ctx,
  { key, body }: { key: string; body: BodyOf<typeof api.createPointsRule> },
): Promise<string> {
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    await cutLanes(sql);
    const { id: programId } = await getProgram(ctx, key);
    const rule = requireSound(body, '');
    if ((await countRules(sql, workspaceId)) >= RULES_MAX) {
      throw new AppError('conflict', `A workspace has at most ${RULES_MAX} earning rules; archive one first`);
    }
    const now = ctx.clock.now();
    const id = newUuid(now);
    await insertRule(sql, workspaceId, { id, programId, rule, at: new Date(now) });
    await recordAudit(ctx, {
      action: 'points_rule.created',
      subject: publicId('lrl', id),
      detail: { name: rule.name },
    });
    return id;
  });
}

export async function updateRule(
  ctx: Ctx,
  { id, change }: { id: string; change: BodyOf<typeof api.updatePointsRule> },
): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    await cutLanes(sql);
    const before = await getRule(ctx, id);
    if (before.state === 'archived') {
      throw new AppError('conflict', 'The rule is archived; create another', {
        details: [{ field: 'state', message: 'of an archived rule does not change' }],
      });
    }
    const rule = change.rule === undefined ? before.rule : requireSound(change.rule, 'rule.');
    const state = change.state ?? before.state;
    await updateRuleRow(sql, workspaceId, { id, state, rule, at: new Date(ctx.clock.now()) });
    const detail = { changed: Object.keys(change) };
    await recordAudit(ctx, { action: 'points_rule.changed', subject: publicId('lrl', id), detail });
  });
}

/** What is told of points would earn points that are told of. */
function requireSound(rule: RuleWords, place: string): RuleWords {
  if (!TOLD_EVENTS.has(rule.event)) return rule;
  throw new AppError('invalid', 'The rule would feed itself', {
    details: [{ field: `${place}event`, message: 'is what Segue says of points; name an event of the shop' }],
  });
}
