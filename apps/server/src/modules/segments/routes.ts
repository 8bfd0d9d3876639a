import { segmentRuleSchema } from '@segue/contract';
import { z } from 'zod';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import {
  decodeCursor,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  parseInput,
  type Routes,
  toPage,
} from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { archiveSegment, createSegment } from './create-segment.ts';
import { describeRule } from './describe.ts';
import { countMembers, listMembers, listSegmentsOfProfile } from './member-store.ts';
import { rebuildProfile } from './rebuild-profile.ts';
import { findSegment, listSegments, type SegmentRow } from './segment-store.ts';

const createBody = z.strictObject({ name: z.string().trim().min(1).max(200), rule: segmentRuleSchema });
const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().optional(),
});
type WithId = { Params: { id: string } };

/** Segments: define, read, members; and the segments of one profile. */
export const segmentRoutes: Routes = (app, deps) => {
  app.post('/api/v1/segments', { config: { scope: 'segments:write' } }, async (request, reply) => {
    const ctx = deps.contextOf(request);
    const segment = await createSegment(ctx, parseInput(createBody, request.body));
    return reply.code(201).send(presentSegment(segment, 0));
  });

  app.get('/api/v1/segments', { config: { scope: 'segments:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const query = parseInput(pageQuery, request.query);
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

  app.get<WithId>('/api/v1/segments/:id', { config: { scope: 'segments:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const segment = await requireSegment(ctx, request.params.id);
    const counts = await countMembers(ctx.sql, ctx.workspaceId, [segment.id]);
    return presentSegment(segment, counts.get(segment.id) ?? 0);
  });

  app.delete<WithId>('/api/v1/segments/:id', { config: { scope: 'segments:write' } }, async (request, reply) => {
    await archiveSegment(deps.contextOf(request), requirePublicId('seg', request.params.id));
    return reply.code(204).send();
  });

  app.get<WithId>('/api/v1/segments/:id/members', { config: { scope: 'segments:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const query = parseInput(pageQuery, request.query);
    const segment = await requireSegment(ctx, request.params.id);
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

  app.get<WithId>('/api/v1/profiles/:id/segments', { config: { scope: 'profiles:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const profileId = await requireProfileId(ctx, request.params.id);
    const rows = await listSegmentsOfProfile(ctx.sql, ctx.workspaceId, profileId);
    return {
      items: rows.map((row) => ({
        id: publicId('seg', row.id),
        name: row.name,
        enteredAt: row.entered_at.toISOString(),
      })),
      nextCursor: null,
    };
  });

  /** Counts one profile's segment state anew from its history: for repair. Answers when it is done. */
  app.post<WithId>('/api/v1/profiles/:id/rebuild', { config: { scope: 'segments:write' } }, async (request, reply) => {
    const ctx = deps.contextOf(request);
    await rebuildProfile(ctx, await requireProfileId(ctx, request.params.id));
    return reply.code(204).send();
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

/** `status`: filling and sweeping while history is being counted, then live. `members` grows until then. */
function presentSegment(segment: SegmentRow, members: number) {
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
