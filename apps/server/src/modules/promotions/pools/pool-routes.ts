import { api, COUPON_IMPORT_MAX, type CouponPool } from '@segue/contract';
import type { AnswerOf } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, StreamedAnswer, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { getCampaign } from '../campaigns/change-campaigns.ts';
import { assignCode, noCodeLeft } from '../codes/assign-code.ts';
import { recipientsOf } from '../codes/assignment-store.ts';
import { type CodeRow, findCode, pageCodes, voidCodeRow } from '../codes/code-store.ts';
import { batchOf } from '../coupon-batch.ts';
import { holdBuyer } from '../spending/buyer.ts';
import { createPool, generateCodes, getPool } from './change-pools.ts';
import { importCodes } from './import-codes.ts';
import { countFreeCodes, pagePools, type PoolRow } from './pool-store.ts';
import { readCodeCsv, readCodeLines, type ReadRows } from './read-code-rows.ts';
import { writeCodeFile } from './write-code-file.ts';

/** `COUPON_IMPORT_MAX` rows of two columns. */
const IMPORT_BYTES_MAX = 4 * 1024 * 1024;

/** Pools of codes, and the codes in them. */
export const poolRoutes: Routes = (serve, app) => {
  takeRows(app, 'text/csv', readCodeCsv);
  takeRows(app, 'application/x-ndjson', readCodeLines);

  serve(api.createCouponPool, async ({ ctx, params, body }) =>
    presentPool(ctx, await createPool(ctx, { campaignId: requirePublicId('cpc', params.id), body })),
  );

  serve(api.listCouponPools, async ({ ctx, params, query: { limit, cursor } }) => {
    const { id: campaignId } = await getCampaign(ctx, requirePublicId('cpc', params.id));
    const rows = await pagePools(ctx.sql, ctx.workspaceId, { campaignId, afterId: idOf(cursor), limit: limit + 1 });
    const shown = new Map<string, CouponPool>();
    for (const row of rows) shown.set(row.id, await presentPool(ctx, row));
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: (row) => shown.get(row.id)! });
  });

  serve(api.generateCoupons, async ({ ctx, params, body: { count } }) =>
    presentPool(ctx, await generateCodes(ctx, { id: requirePublicId('cpl', params.id), count })),
  );

  serve(api.importCoupons, ({ ctx, params, body: { rows } }) =>
    importCodes(ctx, { id: requirePublicId('cpl', params.id), rows }),
  );

  serve(api.listCoupons, async ({ ctx, params, query: { limit, cursor, poolId, state } }) => {
    const asked = { ...(await codesAsked(ctx, params.id, poolId)), state: state ?? null };
    const now = new Date(ctx.clock.now());
    const page = { ...asked, now, afterId: idOf(cursor), limit: limit + 1 };
    const rows = await pageCodes(ctx.sql, ctx.workspaceId, page);
    const present = await codePresenter(ctx, rows);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.exportCoupons, async ({ ctx, params, query: { poolId, state } }) => {
    const asked = { ...(await codesAsked(ctx, params.id, poolId)), state: state ?? null };
    return new StreamedAnswer(writeCodeFile(ctx, asked), { type: 'text/csv; charset=utf-8', name: 'coupons.csv' });
  });

  serve(api.voidCoupon, async ({ ctx, params }) => {
    const id = requirePublicId('cpn', params.id);
    if (!(await voidCodeRow(ctx.sql, ctx.workspaceId, id))) throw noCode();
    await recordAudit(ctx, { action: 'coupon.voided', subject: publicId('cpn', id) });
    const row = await findCode(ctx.sql, ctx.workspaceId, { id, now: new Date(ctx.clock.now()) });
    if (row === undefined) throw noCode();
    return (await codePresenter(ctx, [row]))(row);
  });

  serve(api.assignCoupon, async ({ ctx, params, body }) => {
    const { id: campaignId } = await getCampaign(ctx, requirePublicId('cpc', params.id));
    const { profileId, node } = await holdBuyer(ctx, body);
    if (profileId === null || node === null) throw noRecipient();
    const assigned = await assignCode(batchOf(ctx), { campaignId, profileId, node, intent: body.intent });
    if (assigned === undefined) throw noCodeLeft();
    const { codeId, code, expiresAt, isRepeat } = assigned;
    const detail = { profileId: publicId('prf', profileId) };
    await recordAudit(ctx, { action: 'coupon.assigned', subject: publicId('cpn', codeId), detail });
    return { couponId: publicId('cpn', codeId), code, expiresAt: expiresAt?.toISOString() ?? null, isRepeat };
  });
};

function noCode(): AppError {
  return new AppError('not_found', 'There is no such coupon');
}

function noRecipient(): AppError {
  return new AppError('not_found', 'There is no such profile', {
    details: [{ field: 'profileId', message: 'give the id of a profile, or an identifier that leads to one' }],
  });
}

function takeRows(app: FastifyInstance, type: string, read: (text: string) => ReadRows): void {
  const options = { parseAs: 'string', bodyLimit: IMPORT_BYTES_MAX } as const;
  app.addContentTypeParser(type, options, async (_request: unknown, text: string) => {
    const found = read(text);
    if (found.kind === 'rows' && found.rows.length <= COUPON_IMPORT_MAX) return { rows: found.rows };
    const message =
      found.kind === 'rows'
        ? `has ${found.rows.length} rows; give at most ${COUPON_IMPORT_MAX} at a time`
        : found.message;
    throw new AppError('invalid', 'The request cannot be read', {
      details: [{ field: '', message: `the text ${message}` }],
    });
  });
}

function idOf(cursor: string | undefined): string | null {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? null : String(key);
}

async function codesAsked(
  ctx: Ctx,
  campaign: string,
  pool: string | undefined,
): Promise<{ campaignId: string; poolId: string | null }> {
  const { id: campaignId } = await getCampaign(ctx, requirePublicId('cpc', campaign));
  if (pool === undefined) return { campaignId, poolId: null };
  return { campaignId, poolId: (await getPool(ctx, requirePublicId('cpl', pool))).id };
}

async function codePresenter(
  ctx: Ctx,
  rows: readonly CodeRow[],
): Promise<(row: CodeRow) => AnswerOf<typeof api.voidCoupon>> {
  const recipients = await recipientsOf(
    ctx.sql,
    ctx.workspaceId,
    rows.map((row) => row.id),
  );
  return (row) => ({
    id: publicId('cpn', row.id),
    poolId: publicId('cpl', row.pool_id),
    code: row.code,
    state: row.state,
    redeemed: row.per_code === null ? null : row.redeemed,
    perCode: row.per_code,
    expiresAt: row.expires_at?.toISOString() ?? null,
    assignedTo: (recipients.get(row.id) ?? []).map((id) => publicId('prf', id)),
  });
}

async function presentPool(ctx: Ctx, row: PoolRow): Promise<CouponPool> {
  const { low_watermark: watermark, campaign_id: campaignId } = row;
  const asked = { poolId: row.id, campaignId, most: (watermark ?? 0) + 1 };
  const free = watermark === null ? Infinity : await countFreeCodes(ctx.sql, ctx.workspaceId, asked);
  return {
    id: publicId('cpl', row.id),
    campaignId: publicId('cpc', campaignId),
    source: row.source,
    pattern: row.pattern,
    perCode: row.per_code,
    codes: row.codes,
    wanted: row.wanted,
    lowWatermark: watermark,
    low: watermark !== null && free <= watermark,
    createdAt: row.created_at.toISOString(),
  };
}
