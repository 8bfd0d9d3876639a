import { api, type BodyOf, type Export } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction, type TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, StreamedAnswer, toPage } from '../../../platform/http/index.ts';
import { newUuid, parsePublicId, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findSegment } from '../../segments/index.ts';
import { FIXED_COLUMNS, profileColumns } from './columns.ts';
import { openProgress, type Progress } from './export-progress.ts';
import { type ExportRow, findExport, type FoundExport, insertExport, pageExports } from './export-store.ts';
import { readRows } from './read-rows.ts';
import { FILE_TYPES, writeCsv, writeNdjson, writeParquet } from './write-file.ts';

/** What is known, as files. */
export const exportRoutes: Routes = (serve) => {
  serve(api.createExport, async ({ ctx, body }) => presentExport(await createExport(ctx, body)));

  serve(api.listExports, async ({ ctx, query }) => {
    const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0];
    const page = { limit: query.limit + 1, beforeId: beforeId === undefined ? undefined : String(beforeId) };
    const rows = await pageExports(ctx.sql, ctx.workspaceId, page);
    return toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: presentExport });
  });

  serve(api.getExport, async ({ ctx, params }) => presentExport(await requireExport(ctx, params.id)));

  serve(api.getExportFile, async ({ ctx, params, request }) => {
    const row = await requireExport(ctx, params.id);
    const file = { type: FILE_TYPES[row.format], name: `${row.what}.${row.format}` };
    // Whoever only asks whether it is there has seen nothing.
    if (request.method === 'HEAD') return new StreamedAnswer(nothing(), file);
    const progress = await openProgress(ctx, row, needsNames(row) ? 2 : 1);
    const columns = await columnsOf(ctx, row, progress);
    const detail = { what: row.what, format: row.format };
    await inTransaction(ctx, (ctx) => recordAudit(ctx, { action: 'export.downloaded', subject: params.id, detail }));
    const rows = progress.follow(readRows(ctx, row, progress.look));
    return new StreamedAnswer(write(row, rows, columns), file);
  });
};

function write(row: ExportRow, rows: AsyncIterable<readonly JsonObject[]>, columns: readonly string[]) {
  switch (row.format) {
    case 'csv':
      return writeCsv(rows, columns);
    case 'ndjson':
      return writeNdjson(rows, row.columns ?? undefined);
    case 'parquet':
      return writeParquet(rows, columns);
  }
}

/** Of an answer that is asked for without its body. */
async function* nothing(): AsyncIterable<string> {}

/** Of CSV each trait is a column: which there are is known when all profiles were looked at. */
function needsNames({ columns, what, format }: ExportRow): boolean {
  return columns === null && format === 'csv' && (what === 'profiles' || what === 'segment');
}

async function columnsOf(ctx: Ctx, row: ExportRow, { look }: Progress): Promise<readonly string[]> {
  if (row.columns !== null) return row.columns;
  const isOfProfiles = row.what === 'profiles' || row.what === 'segment';
  if (!isOfProfiles || row.format === 'ndjson') return FIXED_COLUMNS[row.what];
  if (!needsNames(row)) return [...FIXED_COLUMNS[row.what], 'traits'];
  const names = new Set<string>();
  for await (const rows of readRows(ctx, row, look)) {
    for (const { traits } of rows) for (const name of Object.keys(traits as JsonObject)) names.add(name);
  }
  return profileColumns(names);
}

async function createExport(ctx: TxCtx, body: BodyOf<typeof api.createExport>): Promise<FoundExport> {
  const { what, format, columns = null, segment, from, to } = body;
  const nowMs = ctx.clock.now();
  const row: ExportRow = {
    ...{ id: newUuid(nowMs), what, format, columns },
    segment_id: await segmentOf(ctx, what, segment),
    from_at: from === undefined ? null : new Date(from),
    to_at: to === undefined ? null : new Date(to),
    created_at: new Date(nowMs),
  };
  await insertExport(ctx.sql, ctx.workspaceId, row);
  await recordAudit(ctx, { action: 'export.created', subject: publicId('exp', row.id), detail: { what, format } });
  return { ...row, looked_at: 0, to_look_at: null, rows_written: 0, started_at: null, ended_at: null };
}

async function segmentOf(ctx: Ctx, what: ExportRow['what'], segment: string | undefined): Promise<string | null> {
  if (what !== 'segment') {
    if (segment === undefined) return null;
    throw unfit('segment', 'belongs to `what: segment`; leave it out, or export a segment');
  }
  const id = segment === undefined ? undefined : parsePublicId('seg', segment);
  const found = id === undefined ? undefined : await findSegment(ctx.sql, ctx.workspaceId, id);
  if (found === undefined)
    throw unfit('segment', 'is no segment of this workspace; give the id of one, seg_ and 32 hex digits');
  return found.id;
}

function unfit(field: string, message: string): AppError {
  return new AppError('invalid', 'The export does not fit', { details: [{ field, message }] });
}

async function requireExport(ctx: Ctx, text: string): Promise<FoundExport> {
  const row = await findExport(ctx.sql, ctx.workspaceId, requirePublicId('exp', text));
  if (row === undefined) throw new AppError('not_found', 'There is no such export');
  return row;
}

function presentExport(row: FoundExport): Export {
  const id = publicId('exp', row.id);
  return {
    ...{ id, what: row.what, format: row.format, columns: row.columns },
    segment: row.segment_id === null ? null : publicId('seg', row.segment_id),
    from: row.from_at?.toISOString() ?? null,
    to: row.to_at?.toISOString() ?? null,
    ...presentProgress(row),
    file: `/api/v1/exports/${id}/file`,
    createdAt: row.created_at.toISOString(),
  };
}

function presentProgress(row: FoundExport): Pick<Export, 'state' | 'rows' | 'percent'> {
  const { rows_written: written, looked_at: looked, to_look_at: toLookAt } = row;
  if (row.started_at === null) return { state: 'ready', rows: { written: 0, total: null }, percent: 0 };
  if (row.ended_at !== null) return { state: 'done', rows: { written, total: written }, percent: 100 };
  const share = toLookAt === null || toLookAt === 0 ? 0 : looked / toLookAt;
  // Who came meanwhile is looked at beyond what was counted.
  return {
    state: 'running',
    rows: { written, total: totalOf(row) },
    percent: Math.min(Math.floor(share * 1_000) / 10, 99.9),
  };
}

/** Rows of consents are known by their customers only when they are read. */
function totalOf(row: FoundExport): number | null {
  if (row.what === 'consents' || row.to_look_at === null) return null;
  const passes = needsNames(row) ? 2 : 1;
  return Math.max(row.to_look_at / passes, row.rows_written);
}
