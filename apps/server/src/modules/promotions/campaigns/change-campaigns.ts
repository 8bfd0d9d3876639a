import type { BodyOf, CouponLimits, api } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { limitsOf } from '../codes/code-store.ts';
import {
  type CampaignRow,
  countCampaign,
  findCampaign,
  forgetProfileUses,
  insertCampaign,
  insertVersion,
  lockCampaign,
  mostProfileUses,
  recountProfileUses,
  setCampaignCounts,
  updateCampaignRow,
} from './campaign-store.ts';

type Api = typeof api;

/** Defines a campaign: terms and limits, no codes yet. */
export async function createCampaign(ctx: TxCtx, body: BodyOf<Api['createCouponCampaign']>): Promise<string> {
  const nowMs = ctx.clock.now();
  const id = newUuid(nowMs);
  await insertCampaign(ctx.sql, ctx.workspaceId, { id, ...body, at: new Date(nowMs) });
  await recordAudit(ctx, { action: 'coupon_campaign.created', subject: publicId('cpc', id) });
  return id;
}

/**
 * Changes a campaign while others redeem it: it waits for them, and who comes later sees the new limits. New terms are a new
 * version; a limit below what is used already is a conflict.
 */
export async function updateCampaign(
  ctx: TxCtx,
  { id, change }: { id: string; change: BodyOf<Api['updateCouponCampaign']> },
): Promise<void> {
  const { sql, workspaceId } = ctx;
  const before = await lockCampaign(sql, workspaceId, id);
  if (before === undefined) throw noCampaign();
  const at = new Date(ctx.clock.now());
  const limits = change.limits ?? limitsOf(before);
  const version = change.terms === undefined ? before.version : before.version + 1;
  if (change.terms !== undefined)
    await insertVersion(sql, workspaceId, { campaignId: id, version, terms: change.terms, at });
  if (change.limits !== undefined) await applyLimits(ctx, before, limits);
  const { name = before.name, state = before.state } = change;
  await updateCampaignRow(sql, workspaceId, { id, name, state, version, limits, at });
  const detail = { changed: Object.keys(change), version };
  await recordAudit(ctx, { action: 'coupon_campaign.updated', subject: publicId('cpc', id), detail });
}

/** Counts from the truth: what had no limit was not counted. */
async function applyLimits(ctx: TxCtx, { id, ...before }: CampaignRow, limits: CouponLimits): Promise<void> {
  const { sql, workspaceId } = ctx;
  const { total, perProfile, budget } = limits;
  const truth = await countCampaign(sql, workspaceId, { id, currency: budget?.currency ?? null });
  const uses = truth.held + truth.redeemed;
  if (total !== null && uses > total) throw tooLow('limits.total', `is used or held ${uses} times; give at least that`);
  const spent = truth.budgetHeld + truth.budgetUsed;
  if (budget !== null && spent > budget.amountMinor) {
    throw tooLow('limits.budget', `has given or holds ${spent} minor units; give at least that`);
  }
  await setCampaignCounts(sql, workspaceId, { id, truth });
  if (perProfile === null) return forgetProfileUses(sql, workspaceId, id);
  const most =
    before.profile_limit === null
      ? await recountProfileUses(sql, workspaceId, { campaignId: id, allowed: perProfile })
      : await mostProfileUses(sql, workspaceId, id);
  if (most > perProfile)
    throw tooLow('limits.perProfile', `one customer has used it ${most} times; give at least that`);
}

function tooLow(field: string, message: string): AppError {
  return new AppError('conflict', 'The limit is below what is used already', { details: [{ field, message }] });
}

/** The campaign, or `not_found`. */
export async function getCampaign(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, id: string): Promise<CampaignRow> {
  const campaign = await findCampaign(ctx.sql, ctx.workspaceId, id);
  if (campaign === undefined) throw noCampaign();
  return campaign;
}

function noCampaign(): AppError {
  return new AppError('not_found', 'There is no such coupon campaign');
}
