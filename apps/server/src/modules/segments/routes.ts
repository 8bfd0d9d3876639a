import { api, type Segment } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { archiveSegment, createSegment } from './create-segment.ts';
import { describeRule } from './describe.ts';
import { countMembers, listMembers, listSegmentsOfProfile } from './member-store.ts';
import { findSegment, listSegments, type SegmentRow } from './segment-store.ts';

/** Segments: define, read, members; and the segments of one profile. */
export const segmentRoutes: Routes = (serve) => {
  serve(api.createSegment, async ({ ctx, body }) => presentSegment(await createSegment(ctx, body), 0));

  serve(api.listSegments, async ({ ctx, query }) => {
    const rows = await listSegments(ctx.sql, ctx.workspaceId, {
      limit: query.limit + 1,
      beforeId: cursorId(query.cursor),
    });
    const counts = await countMembers(
      ctx.sql,
      ctx.workspaceId,
      rows.map((row) => row.id),
    );
    return toPage(rows, {
      limit: query.limit,
      keyOf: (row) => [row.id],
      present: (row) => presentSegment(row, counts.get(row.id) ?? 0),
    });
  });

  serve(api.getSegment, async ({ ctx, params }) => {
    const segment = await requireSegment(ctx, params.id);
    const counts = await countMembers(ctx.sql, ctx.workspaceId, [segment.id]);
    return presentSegment(segment, counts.get(segment.id) ?? 0);
  });

  serve(api.archiveSegment, ({ ctx, params }) => archiveSegment(ctx, requirePublicId('seg', params.id)));

  serve(api.listSegmentMembers, async ({ ctx, params, query }) => {
    const segment = await requireSegment(ctx, params.id);
    const rows = await listMembers(ctx.sql, ctx.workspaceId, {
      segmentId: segment.id,
      afterId: cursorId(query.cursor),
      limit: query.limit + 1,
    });
    return toPage(rows, {
      limit: query.limit,
      keyOf: (row) => [row.profile_id],
      present: (row) => ({ profileId: publicId('prf', row.profile_id), enteredAt: row.entered_at.toISOString() }),
    });
  });

  serve(api.listProfileSegments, async ({ ctx, params, query }) => {
    const rows = await listSegmentsOfProfile(ctx.sql, ctx.workspaceId, {
      profileId: await requireProfileId(ctx, params.id),
      afterId: cursorId(query.cursor),
      limit: query.limit + 1,
    });
    return toPage(rows, {
      limit: query.limit,
      keyOf: (row) => [row.id],
      present: (row) => ({ id: publicId('seg', row.id), name: row.name, enteredAt: row.entered_at.toISOString() }),
    });
  });
};

function cursorId(cursor: string | undefined): string | null {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? null : String(key);
}

async function requireSegment(ctx: Ctx, text: string): Promise<SegmentRow> {
  const segment = await findSegment(ctx.sql, ctx.workspaceId, requirePublicId('seg', text));
  if (segment === undefined) throw new AppError('not_found', 'There is no such segment');
  return segment;
}

function presentSegment(segment: SegmentRow, members: number): Segment {
  return {
    id: publicId('seg', segment.id),
    name: segment.name,
    rule: segment.rule,
    description: describeRule(segment.rule),
    status: segment.status,
    members,
    createdAt: segment.created_at.toISOString(),
  };
}
