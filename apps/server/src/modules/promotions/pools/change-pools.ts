import type { CreateCouponPoolBody } from '@segue/contract';
import { COUPON_CODES_MAX } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { getCampaign } from '../campaigns/change-campaigns.ts';
import { patternFault } from '../codes/code-pattern.ts';
import { insertCodes } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { fillPool } from './fill-pool.ts';
import { addCodesToPool, findPool, insertPool, lockPool, type PoolRow } from './pool-store.ts';

/** Gives a campaign codes: drawn ones, room for imported ones, or one that everybody uses. */
export async function createPool(
  ctx: TxCtx,
  { campaignId, body }: { campaignId: string; body: CreateCouponPoolBody },
): Promise<PoolRow> {
  await getCampaign(ctx, campaignId);
  const nowMs = ctx.clock.now();
  const pool: PoolRow = {
    id: newUuid(nowMs),
    campaign_id: campaignId,
    source: body.source,
    pattern: body.source === 'generated' ? body.pattern : null,
    per_code: body.perCode,
    codes: 0,
    wanted: body.source === 'generated' ? body.count : 0,
    low_watermark: body.source === 'shared' ? null : body.lowWatermark,
    is_low: false,
    expires_at: body.expiresAt === null ? null : new Date(body.expiresAt),
    created_at: new Date(nowMs),
  };
  if (body.source === 'generated') requireDrawable(body.pattern, body.count);
  await insertPool(ctx.sql, ctx.workspaceId, pool);
  if (body.source === 'shared') await addSharedCode(ctx, pool, body.code);
  if (body.source === 'generated') await fillPool(ctx.sql, { workspaceId: ctx.workspaceId, pool, nowMs });
  await recordAudit(ctx, {
    action: 'coupon_pool.created',
    subject: publicId('cpl', pool.id),
    detail: { source: body.source, wanted: pool.wanted },
  });
  return getPool(ctx, pool.id);
}

function requireDrawable(pattern: string, count: number): void {
  const fault = patternFault(pattern, count);
  if (fault === undefined) return;
  throw new AppError('invalid', 'No codes can be drawn by this pattern', {
    details: [{ field: 'pattern', message: fault }],
  });
}

async function addSharedCode(ctx: TxCtx, pool: PoolRow, code: string): Promise<void> {
  const normalised = normaliseCode(code);
  if (normalised.length < 3) {
    throw new AppError('invalid', 'The code is too short', {
      details: [
        { field: 'code', message: 'use at least 3 letters and digits; what stands between them does not count' },
      ],
    });
  }
  const id = newUuid(ctx.clock.now());
  const codes = [{ id, code, normalised, standing: 'free' as const }];
  if ((await insertCodes(ctx.sql, ctx.workspaceId, { pool, codes })).size === 0) {
    throw new AppError('conflict', 'There is such a code already', {
      details: [
        { field: 'code', message: 'choose another; capital letters and what stands between do not tell codes apart' },
      ],
    });
  }
  await addCodesToPool(ctx.sql, ctx.workspaceId, { id: pool.id, codes: 1, wanted: 1 });
}

/** Has more codes drawn into a pool. */
export async function generateCodes(ctx: TxCtx, { id, count }: { id: string; count: number }): Promise<PoolRow> {
  const pool = await lockPool(ctx.sql, ctx.workspaceId, id);
  if (pool === undefined) throw noPool();
  if (pool.source !== 'generated' || pool.pattern === null) {
    throw new AppError('conflict', 'Codes of this pool are not generated', {
      details: [{ field: 'id', message: 'import codes into it, or make a pool with a pattern' }],
    });
  }
  const wanted = pool.wanted + count;
  if (wanted > COUPON_CODES_MAX) {
    throw new AppError('invalid', 'The pool would be too large', {
      details: [{ field: 'count', message: `at most ${COUPON_CODES_MAX} codes in one pool; make another pool` }],
    });
  }
  requireDrawable(pool.pattern, wanted);
  await addCodesToPool(ctx.sql, ctx.workspaceId, { id, codes: 0, wanted: count });
  await fillPool(ctx.sql, { workspaceId: ctx.workspaceId, pool: { ...pool, wanted }, nowMs: ctx.clock.now() });
  await recordAudit(ctx, { action: 'coupons.generated', subject: publicId('cpl', id), detail: { count } });
  return getPool(ctx, id);
}

/** The pool, or `not_found`. */
export async function getPool(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, id: string): Promise<PoolRow> {
  const pool = await findPool(ctx.sql, ctx.workspaceId, id);
  if (pool === undefined) throw noPool();
  return pool;
}

export function noPool(): AppError {
  return new AppError('not_found', 'There is no such pool of coupons');
}
