import { api, type ComputedTrait } from '@segue/contract';

import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { describeComputedTrait } from '../describe.ts';
import { listActiveSegments, type SegmentRow } from '../segment-store.ts';
import {
  archiveComputedTrait,
  createComputedTrait,
  requireComputedTrait,
  updateComputedTrait,
  usersOfTrait,
} from './change-computed-traits.ts';
import { type ComputedTraitRow, pageComputedTraits } from './computed-trait-store.ts';

/** Computed traits: define, change, read, archive. */
export const computedTraitRoutes: Routes = (serve) => {
  serve(api.createComputedTrait, async ({ ctx, body }) => {
    const trait = await createComputedTrait(ctx, body);
    return present(trait, await listActiveSegments(ctx.sql, ctx.workspaceId));
  });

  serve(api.listComputedTraits, async ({ ctx, query }) => {
    const key = decodeCursor(query.cursor, ['uuid'])?.[0];
    const beforeId = key === undefined ? null : String(key);
    const rows = await pageComputedTraits(ctx.sql, ctx.workspaceId, { beforeId, limit: query.limit + 1 });
    const active = await listActiveSegments(ctx.sql, ctx.workspaceId);
    return toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: (row) => present(row, active) });
  });

  serve(api.getComputedTrait, async ({ ctx, params }) => {
    const trait = await requireComputedTrait(ctx, requirePublicId('ctr', params.id));
    return present(trait, await listActiveSegments(ctx.sql, ctx.workspaceId));
  });

  serve(api.updateComputedTrait, async ({ ctx, params, body }) => {
    const trait = await updateComputedTrait(ctx, requirePublicId('ctr', params.id), body);
    return present(trait, await listActiveSegments(ctx.sql, ctx.workspaceId));
  });

  serve(api.archiveComputedTrait, ({ ctx, params }) => archiveComputedTrait(ctx, requirePublicId('ctr', params.id)));
};

function present(row: ComputedTraitRow, active: readonly SegmentRow[]): ComputedTrait {
  return {
    id: publicId('ctr', row.id),
    name: row.name,
    rule: row.rule,
    description: describeComputedTrait(row.rule),
    status: row.is_filling ? 'filling' : 'live',
    usedBy: usersOfTrait(row.name, active).map((user) => ({ id: publicId('seg', user.id), name: user.name })),
    createdAt: row.created_at.toISOString(),
  };
}
