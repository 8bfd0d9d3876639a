import { api } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { createLocation, updateLocation } from './change-locations.ts';
import { findLocation, pageLocations } from './location-store.ts';
import { presentLocation } from './present-location.ts';

export const locationRoutes: Routes = (serve) => {
  serve(api.createLocation, async ({ ctx, body }) => {
    const made = await createLocation(ctx, body as Parameters<typeof createLocation>[1]);
    await recordAudit(ctx, {
      action: 'location.created',
      subject: publicId('loc', made.id),
      detail: { name: made.name },
    });
    return presentLocation(made);
  });

  serve(api.listLocations, async ({ ctx, query: { limit, cursor } }) => {
    const beforeId = decodeCursor(cursor, ['uuid'])?.[0];
    const page = { beforeId: beforeId === undefined ? null : String(beforeId), limit: limit + 1 };
    const rows = await pageLocations(ctx.sql, ctx.workspaceId, page);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentLocation });
  });

  serve(api.getLocation, async ({ ctx, params }) => {
    const found = await findLocation(ctx.sql, ctx.workspaceId, requirePublicId('loc', params.id));
    if (found === undefined) throw new AppError('not_found', 'There is no such location');
    return presentLocation(found);
  });

  serve(api.updateLocation, async ({ ctx, params, body }) => {
    const changed = await updateLocation(
      ctx,
      requirePublicId('loc', params.id),
      body as Parameters<typeof updateLocation>[2],
    );
    const detail = { fields: Object.keys(body) };
    await recordAudit(ctx, { action: 'location.changed', subject: publicId('loc', changed.id), detail });
    return presentLocation(changed);
  });
};
