import { api, type Segment, type SegmentRule } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { archiveSegment, usersBySegment } from './archive-segment.ts';
import { createSegment } from './create-segment.ts';
import { describeRule } from './describe.ts';
import { countMembers, listMembers, listSegmentsOfProfile } from './member-store.ts';
import { checkMessageOrigins, type MessageOrigins } from './message-origins.ts';
import { previewSegment } from './preview-segment.ts';
import { findSegment, listActiveSegments, listSegments, type SegmentRow } from './segment-store.ts';
import { updateSegment } from './update-segment.ts';

/** Segments: define, change, preview, read, members; and the segments of one profile. */
export function createSegmentRoutes(origins: MessageOrigins): Routes {
  return (serve) => {
    serve(api.createSegment, async ({ ctx, body }) => {
      await checkMessageOrigins(ctx, body.rule, origins);
      return present(ctx, await createSegment(ctx, body));
    });

    serve(api.updateSegment, async ({ ctx, params, body }) => {
      if (body.rule !== undefined) await checkMessageOrigins(ctx, body.rule, origins);
      return present(ctx, await updateSegment(ctx, requirePublicId('seg', params.id), body));
    });

    serve(api.previewSegment, async ({ ctx, body }) => {
      await checkMessageOrigins(ctx, body.rule, origins);
      return previewSegment(ctx, body.rule);
    });

    serve(api.listSegments, async ({ ctx, query }) => {
      const rows = await listSegments(ctx.sql, ctx.workspaceId, {
        limit: query.limit + 1,
        beforeId: cursorId(query.cursor),
      });
      const presented = await presentAll(ctx, rows);
      return toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: (row) => presented.get(row.id)! });
    });

    serve(api.getSegment, async ({ ctx, params }) => present(ctx, await requireSegment(ctx, params.id)));

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
        present: ({ profile_id: id, entered_at: at, cause }) => ({
          profileId: publicId('prf', id),
          enteredAt: at.toISOString(),
          cause,
        }),
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
}

function cursorId(cursor: string | undefined): string | null {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? null : String(key);
}

async function requireSegment(ctx: Ctx, text: string): Promise<SegmentRow> {
  const segment = await findSegment(ctx.sql, ctx.workspaceId, requirePublicId('seg', text));
  if (segment === undefined) throw new AppError('not_found', 'There is no such segment');
  return segment;
}

async function present(ctx: Ctx, row: SegmentRow): Promise<Segment> {
  return (await presentAll(ctx, [row])).get(row.id)!;
}

/** One query for the members of all, one for who asks for whom. */
async function presentAll(ctx: Ctx, rows: readonly SegmentRow[]): Promise<Map<string, Segment>> {
  const ids = rows.map((row) => row.id);
  const counts = await countMembers(ctx.sql, ctx.workspaceId, ids);
  const active = await listActiveSegments(ctx.sql, ctx.workspaceId);
  const names = new Map(active.map((segment) => [publicId('seg', segment.id), segment.name]));
  const users = usersBySegment(active);
  const describe = (rule: SegmentRule) => describeRule(rule, (id) => names.get(id));
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: publicId('seg', row.id),
        name: row.name,
        rule: row.rule,
        description: describe(row.rule),
        // One that is swept because its rule changed was live before, and goes on telling of whoever enters or leaves.
        status: row.is_changed ? 'live' : row.status,
        members: counts.get(row.id) ?? 0,
        change: changeOf(row, describe),
        usedBy: (users.get(publicId('seg', row.id)) ?? []).map((user) => ({
          id: publicId('seg', user.id),
          name: user.name,
        })),
        createdAt: row.created_at.toISOString(),
      },
    ]),
  );
}

function changeOf(row: SegmentRow, describe: (rule: SegmentRule) => string): Segment['change'] {
  if (row.next_rule !== null) return { rule: row.next_rule, description: describe(row.next_rule), status: 'filling' };
  return row.is_changed ? { rule: row.rule, description: describe(row.rule), status: 'sweeping' } : null;
}
