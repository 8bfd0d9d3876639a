import { allows, type RejectedCount, type RejectedEvent } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Page, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { findRejectionRow, listRejectionRows, type RejectionRow, sumRejections } from './rejection-store.ts';
import { readSourceDirectory, type SourceDirectory } from './source-directory.ts';

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 7 * 24;
const COUNTS_MAX = 500;

/** Samples of what intake refused, newest first. */
export async function listRejections(
  ctx: Ctx,
  query: {
    limit: number;
    cursor?: string | undefined;
    sourceId?: string | undefined;
    reason?: string | undefined;
    field?: string | undefined;
  },
): Promise<Page<RejectedEvent>> {
  const directory = await readSourceDirectory(ctx);
  const [before] = decodeCursor(query.cursor, ['uuid']) ?? [];
  const rows = await listRejectionRows(ctx.sql, ctx.workspaceId, {
    filter: { source: directory.numberOf(query.sourceId), reason: query.reason, field: query.field },
    before: before as string | undefined,
    limit: query.limit + 1,
  });
  return toPage(rows, {
    limit: query.limit,
    keyOf: (row) => [row.id],
    present: (row) => presentRejection(row, directory),
  });
}

/** One of them with what was sent, for callers who may read profiles: nobody knows what a broken client puts where. */
export async function getRejection(
  ctx: Ctx,
  id: string,
): Promise<RejectedEvent & { item: string | null; isCut: boolean }> {
  const row = await findRejectionRow(ctx.sql, ctx.workspaceId, requirePublicId('rej', id));
  if (row === undefined) throw new AppError('not_found', `There is no rejected event ${id}; they are kept for 7 days`);
  const mayRead = ctx.actor.kind === 'system' || allows(ctx.actor.scopes, 'profiles:read');
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  return {
    ...presentRejection(row, await readSourceDirectory(ctx)),
    item: mayRead ? open(wrapping, row.item_sealed).toString('utf8') : null,
    isCut: row.is_cut,
  };
}

/** How much was refused, for which reason. */
export async function countRejected(
  ctx: Ctx,
  query: { sourceId?: string | undefined; since?: string | undefined },
): Promise<Page<RejectedCount>> {
  const directory = await readSourceDirectory(ctx);
  const oldest = Math.floor(ctx.clock.now() / HOUR_MS) - KEPT_HOURS;
  const since = query.since === undefined ? oldest : Math.floor(Date.parse(query.since) / HOUR_MS);
  const rows = await sumRejections(ctx.sql, ctx.workspaceId, {
    source: directory.numberOf(query.sourceId),
    sinceHour: Math.max(oldest, since),
    limit: COUNTS_MAX,
  });
  const items = rows.map((row) => ({
    sourceId: directory.publicIdOf(row.source),
    type: row.type,
    field: row.field,
    reason: row.reason,
    count: row.count,
    lastAt: row.last_at.toISOString(),
  }));
  return { items, nextCursor: null };
}

function presentRejection(row: RejectionRow, directory: SourceDirectory): RejectedEvent {
  return {
    id: publicId('rej', row.id),
    sourceId: directory.publicIdOf(row.source),
    at: row.at.toISOString(),
    type: row.type,
    name: row.name,
    field: row.field,
    reason: row.reason,
    sizeBytes: row.item_bytes,
  };
}
