import { api, type CouponCampaign } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import { limitsOf } from '../codes/code-store.ts';
import { couponLanguage, describeTerms } from '../terms/describe-terms.ts';
import { type CampaignRow, type CampaignSums, pageCampaigns, pageVersions, sumCampaigns } from './campaign-store.ts';
import { createCampaign, getCampaign, updateCampaign } from './change-campaigns.ts';

/** Coupon campaigns, the terms they had, and these in words. */
export const campaignRoutes: Routes = (serve) => {
  serve(api.createCouponCampaign, async ({ ctx, body }) => presentOne(ctx, await createCampaign(ctx, body)));

  serve(api.listCouponCampaigns, async ({ ctx, query: { limit, cursor } }) => {
    const beforeId = idOfCursor(cursor);
    const rows = await pageCampaigns(ctx.sql, ctx.workspaceId, { beforeId, limit: limit + 1 });
    const present = await presenterOf(ctx, rows);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.getCouponCampaign, ({ ctx, params }) => presentOne(ctx, idOf(params)));

  serve(api.updateCouponCampaign, async ({ ctx, params, body }) => {
    await updateCampaign(ctx, { id: idOf(params), change: body });
    return presentOne(ctx, idOf(params));
  });

  serve(api.listCouponVersions, async ({ ctx, params, query: { limit, cursor } }) => {
    const { id: campaignId } = await getCampaign(ctx, idOf(params));
    const key = decodeCursor(cursor, ['number'])?.[0];
    const before = key === undefined ? null : Math.trunc(Number(key));
    const rows = await pageVersions(ctx.sql, ctx.workspaceId, { campaignId, before, limit: limit + 1 });
    return toPage(rows, {
      limit,
      keyOf: (row) => [row.version],
      present: ({ version, terms, created_at: at }) => ({ version, terms, createdAt: at.toISOString() }),
    });
  });

  serve(api.getCouponText, async ({ ctx, params, query }) => {
    const campaign = await getCampaign(ctx, idOf(params));
    const { language, time_zone: timeZone } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
    return textOf(campaign, { language: query.language ?? language, timeZone });
  });
};

function idOf({ id }: { id: string }): string {
  return requirePublicId('cpc', id);
}

function idOfCursor(cursor: string | undefined): string | null {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? null : String(key);
}

async function presentOne(ctx: Ctx, id: string): Promise<CouponCampaign> {
  const row = await getCampaign(ctx, id);
  return (await presenterOf(ctx, [row]))(row);
}

async function presenterOf(ctx: Ctx, rows: readonly CampaignRow[]): Promise<(row: CampaignRow) => CouponCampaign> {
  const { language, time_zone: timeZone } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
  const sums = await sumCampaigns(
    ctx.sql,
    ctx.workspaceId,
    rows.map((row) => row.id),
  );
  return (row) => present(row, sums.get(row.id), { language, timeZone });
}

function present(
  row: CampaignRow,
  sums: CampaignSums = { held: 0, redeemed: 0, spent: [] },
  place: { language: string; timeZone: string },
): CouponCampaign {
  return {
    id: publicId('cpc', row.id),
    name: row.name,
    state: row.state,
    version: row.version,
    terms: row.terms,
    limits: limitsOf(row),
    text: textOf(row, place),
    redeemed: sums.redeemed,
    held: sums.held,
    spent: sums.spent,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function textOf(row: CampaignRow, place: { language: string; timeZone: string }) {
  const language = couponLanguage(place.language);
  return describeTerms({ terms: row.terms, limits: limitsOf(row) }, { language, timeZone: place.timeZone });
}
