import type { Drift, EventCountItem, ObservedEvent, ObservedSchema } from '@segue/contract';
import { recordAudit } from '../../accounts/index.ts';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Page, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { type DriftRow, findDrift, listDriftRows, setAcknowledged } from './drift-store.ts';
import { countEvents } from './history-sql.ts';
import { findObserved, listObservedRows, type ObservedRow } from './observed-store.ts';
import { readSourceDirectory, type SourceDirectory } from './source-directory.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const COUNTS_MAX = 10_000;

/** The kinds of events a source sends. */
export async function listObserved(
  ctx: Ctx,
  sourceId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<Page<ObservedEvent>> {
  const source = (await readSourceDirectory(ctx)).require(sourceId);
  const after = decodeCursor(page.cursor, ['text', 'text']) as [string, string] | undefined;
  const rows = await listObservedRows(ctx.sql, ctx.workspaceId, {
    source: source.number,
    after,
    limit: page.limit + 1,
  });
  return toPage(rows, { limit: page.limit, keyOf: (row) => [row.type, row.name], present: presentObserved });
}

/** The fields one kind of event was seen with. */
export async function getObservedSchema(
  ctx: Ctx,
  sourceId: string,
  kind: { type: string; name: string },
): Promise<ObservedSchema> {
  const source = (await readSourceDirectory(ctx)).require(sourceId);
  const row = await findObserved(ctx.sql, { workspaceId: ctx.workspaceId, source: source.number, ...kind });
  if (row === undefined) throw new AppError('not_found', `This source sent no ${kind.type} event "${kind.name}" yet`);
  const { fields: _fields, ...told } = presentObserved(row);
  return {
    ...told,
    isCut: row.state.isCut,
    fields: Object.entries(row.state.fields)
      .map(([path, field]) => ({
        path,
        types: Object.entries(field.types).map(([type, { count, firstAt, lastAt }]) => ({
          type,
          count,
          firstSeenAt: new Date(firstAt).toISOString(),
          lastSeenAt: new Date(lastAt).toISOString(),
        })),
      }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function presentObserved(row: ObservedRow): ObservedEvent {
  return {
    type: row.type,
    name: row.name,
    firstSeenAt: row.first_at.toISOString(),
    lastSeenAt: row.last_at.toISOString(),
    count: row.count,
    fields: row.fields,
  };
}

/** Events of a source by hour or day, from the history. */
export async function countSourceEvents(
  ctx: Ctx,
  sourceId: string,
  query: {
    unit: 'hour' | 'day';
    from?: string | undefined;
    to?: string | undefined;
    name?: string | undefined;
  },
): Promise<Page<EventCountItem>> {
  const source = (await readSourceDirectory(ctx)).require(sourceId);
  const unitMs = query.unit === 'hour' ? HOUR_MS : DAY_MS;
  const toMs = query.to === undefined ? ctx.clock.now() + 1 : Date.parse(query.to);
  const fromMs =
    query.from === undefined ? toMs - (query.unit === 'hour' ? DAY_MS : 28 * DAY_MS) : Date.parse(query.from);
  const rows = await countEvents(ctx.history, {
    workspaceId: ctx.workspaceId,
    source: source.number,
    unitMs,
    fromMs,
    toMs,
    name: query.name,
    limit: COUNTS_MAX + 1,
  });
  if (rows.length > COUNTS_MAX) {
    throw new AppError('too_large', 'That is more than can be answered at once', {
      details: [{ field: 'from', message: 'ask for a shorter time, by day, or for one name' }],
    });
  }
  const items = rows.map(({ from_ms, type, name, count }) => ({
    from: new Date(from_ms).toISOString(),
    type,
    name,
    count,
  }));
  return { items, nextCursor: null };
}

/** Changes in what events carry. */
export async function listDrifts(
  ctx: Ctx,
  query: {
    limit: number;
    cursor?: string | undefined;
    sourceId?: string | undefined;
    acknowledged?: 'true' | 'false' | undefined;
  },
): Promise<Page<Drift>> {
  const directory = await readSourceDirectory(ctx);
  const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0] as string | undefined;
  const rows = await listDriftRows(ctx.sql, ctx.workspaceId, {
    source: directory.numberOf(query.sourceId),
    acknowledged: query.acknowledged === undefined ? undefined : query.acknowledged === 'true',
    beforeId,
    limit: query.limit + 1,
  });
  return toPage(rows, {
    limit: query.limit,
    keyOf: (row) => [row.id],
    present: (row) => presentDrift(row, directory),
  });
}

/** Says that a change is known. */
export async function acknowledgeDrift(ctx: TxCtx, id: string): Promise<Drift> {
  const row = await findDrift(ctx.sql, ctx.workspaceId, requirePublicId('drf', id));
  if (row === undefined) throw new AppError('not_found', `There is no change ${id}`);
  if (row.acknowledged_at === null) {
    row.acknowledged_at = new Date(ctx.clock.now());
    await setAcknowledged(ctx.sql, ctx.workspaceId, { id: row.id, at: row.acknowledged_at });
    const { type, name, kind, path } = row;
    await recordAudit(ctx, { action: 'drift.acknowledged', subject: id, detail: { type, name, kind, path } });
  }
  return presentDrift(row, await readSourceDirectory(ctx));
}

function presentDrift(row: DriftRow, directory: SourceDirectory): Drift {
  return {
    id: publicId('drf', row.id),
    sourceId: directory.publicIdOf(row.source),
    type: row.type,
    name: row.name,
    kind: row.kind,
    path: row.path,
    jsonType: row.json_type === '' ? null : row.json_type,
    noticedAt: row.noticed_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
  };
}
