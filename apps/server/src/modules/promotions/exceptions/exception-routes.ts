import { api } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { pageExceptions, resolveExceptionRow } from './exception-store.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What came in against a limit. */
export const exceptionRoutes: Routes = (serve) => {
  serve(api.listCouponExceptions, async ({ ctx, query: { limit, cursor, state } }) => {
    const key = decodeCursor(cursor, ['uuid'])?.[0];
    const beforeId = key === undefined ? null : String(key);
    const rows = await pageExceptions(ctx.sql, ctx.workspaceId, { state, beforeId, limit: limit + 1 });
    return toPage(rows, {
      limit,
      keyOf: (row) => [row.id],
      present: (row) => ({
        id: row.id,
        kind: row.kind,
        campaignId: row.campaign_id === null ? null : publicId('cpc', row.campaign_id),
        redemptionId: row.redemption_id === null ? null : publicId('rdm', row.redemption_id),
        profileId: row.profile_id === null ? null : publicId('prf', row.profile_id),
        amount:
          row.amount_minor === null || row.currency === null
            ? null
            : { amountMinor: row.amount_minor, currency: row.currency },
        detail: row.detail,
        state: row.state,
        note: row.note,
        at: row.at.toISOString(),
      }),
    });
  });

  serve(api.resolveCouponException, async ({ ctx, params: { id }, body: { note } }) => {
    const at = new Date(ctx.clock.now());
    const isThere = UUID.test(id) && (await resolveExceptionRow(ctx.sql, ctx.workspaceId, { id, note, at }));
    if (!isThere) throw new AppError('not_found', 'There is no such exception');
    await recordAudit(ctx, { action: 'coupon_exception.resolved', subject: id });
  });
};
