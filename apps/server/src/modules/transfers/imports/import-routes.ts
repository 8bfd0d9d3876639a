import { api, DRY_RUN_ROWS_MAX, type Import, IMPORT_PIECE_BYTES_MAX, type RowError } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, StreamedAnswer, toPage } from '../../../platform/http/index.ts';
import { newUuid, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { ensureOwnSource, recordAudit } from '../../accounts/index.ts';
import { csvLine } from '../exports/csv-line.ts';
import { openList, requireList } from './choose-list.ts';
import { dryRun } from './dry-run.ts';
import { beginImport, endImport, findImport, type ImportRow, insertImport, pageImports } from './import-store.ts';
import { insertPiece } from './piece-store.ts';
import { openFile, requireFit, requirePlan, type Wish } from './read-file.ts';
import { pageRejects, type RejectRow } from './reject-store.ts';
import { requireKind } from './require-kind.ts';

const ERRORS_AT_ONCE = 1_000;

/** Files that become events: uploaded piece by piece, looked at, started, watched. */
export const importRoutes: Routes = (serve, app) => {
  takeBytes(app);

  serve(api.createImport, async ({ ctx, body }) => {
    const { kind, format, name, mapping = null, options = {} } = body;
    requireKind(ctx, kind);
    requireFit({ kind }, { mapping, options });
    await requireList(ctx, { kind, options });
    const nowMs = ctx.clock.now();
    const source = await ensureOwnSource(ctx, 'import');
    const made = { id: newUuid(nowMs), kind, format, name, mapping, options, source, created_at: new Date(nowMs) };
    const row = await insertImport(ctx.sql, ctx.workspaceId, made);
    await recordAudit(ctx, { action: 'import.created', subject: publicId('imp', row.id), detail: { kind, format } });
    return presentImport(row);
  });

  serve(api.listImports, async ({ ctx, query }) => {
    const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0];
    const page = { limit: query.limit + 1, beforeId: beforeId === undefined ? undefined : String(beforeId) };
    const rows = await pageImports(ctx.sql, ctx.workspaceId, page);
    return toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: presentImport });
  });

  serve(api.getImport, async ({ ctx, params }) => presentImport(await requireImport(ctx, params.id)));

  serve(api.uploadImport, async ({ ctx, params, query, request }) => {
    const bytes: unknown = request.body;
    if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
      throw unfit('', 'send the bytes of the file as they are, with "Content-Type: application/octet-stream"');
    }
    return presentImport(await upload(ctx, { id: params.id, offset: query.offset, bytes }));
  });

  serve(api.getImportColumns, async ({ ctx, params }) => {
    const row = await requireUploaded(ctx, { id: params.id });
    const opened = await openFile(ctx, row, {});
    if (opened.kind === 'refused') throw unfit('file', opened.message);
    const { head, columns, missing } = opened.file;
    return { delimiter: head.delimiter ?? null, columns: [...columns], missing: [...missing] };
  });

  serve(api.dryRunImport, async ({ ctx, params, body }) => {
    const row = await requireUploaded(ctx, { id: params.id });
    const plan = await requirePlan(ctx, row, body);
    await requireList(ctx, { kind: row.kind, options: plan.file.options });
    return dryRun(ctx, { row, plan, rowsMax: DRY_RUN_ROWS_MAX });
  });

  serve(api.startImport, async ({ ctx, params, body }) => presentImport(await start(ctx, params.id, body)));

  serve(api.cancelImport, async ({ ctx, params }) => {
    const row = await requireImport(ctx, params.id);
    const ended = await endImport(ctx.sql, row, { state: 'cancelled', reason: null, at: new Date(ctx.clock.now()) });
    if (ended === undefined) throw new AppError('conflict', `The import is ${row.state} already`);
    await recordAudit(ctx, { action: 'import.cancelled', subject: params.id, detail: { read: ended.rows_read } });
    return presentImport(ended);
  });

  serve(api.listImportErrors, async ({ ctx, params, query }) => {
    const { id } = await requireImport(ctx, params.id);
    const afterLine = Number(decodeCursor(query.cursor, ['number'])?.[0] ?? 0);
    const of = { workspaceId: ctx.workspaceId, importId: id };
    const rows = await pageRejects(ctx.sql, of, { afterLine, limit: query.limit + 1 });
    return toPage(rows, { limit: query.limit, keyOf: ({ line }) => [line], present: presentReject });
  });

  serve(api.getImportErrorsFile, async ({ ctx, params }) => {
    const { id } = await requireImport(ctx, params.id);
    return new StreamedAnswer(writeErrors(ctx, id), { type: 'text/csv; charset=utf-8', name: 'rejected-rows.csv' });
  });
};

function takeBytes(app: FastifyInstance): void {
  const options = { parseAs: 'buffer', bodyLimit: IMPORT_PIECE_BYTES_MAX } as const;
  app.addContentTypeParser(['text/plain', '*'], options, async (_request: unknown, body: Buffer) => body);
}

function unfit(field: string, message: string): AppError {
  return new AppError('invalid', 'The import cannot be read so', { details: [{ field, message }] });
}

/** The delimiter the file was understood with is the one it is read with. */
function withDelimiter(options: ImportRow['options'], delimiter: string | undefined): ImportRow['options'] {
  return delimiter === undefined ? options : { ...options, delimiter: delimiter as ',' };
}

async function upload(ctx: TxCtx, piece: { id: string; offset: number; bytes: Buffer }): Promise<ImportRow> {
  const row = await requireImport(ctx, piece.id, true);
  const { offset, bytes } = piece;
  if (row.state !== 'uploading') throw new AppError('conflict', `The import is ${row.state}; begin a new one`);
  // Sent again after an answer was lost.
  if (offset + bytes.length <= row.size_bytes) return row;
  if (offset !== row.size_bytes) {
    const message = `the next piece begins at ${row.size_bytes}; send the file from there on`;
    throw new AppError('conflict', 'The piece does not follow the one before', {
      details: [{ field: 'offset', message }],
    });
  }
  const of = { workspaceId: ctx.workspaceId, importId: row.id, keys: await ctx.keysOf(ctx.workspaceId) };
  await insertPiece(ctx.sql, of, { start: offset, bytes });
  await recordAudit(ctx, { action: 'import.uploaded', subject: piece.id, detail: { bytes: offset + bytes.length } });
  return { ...row, size_bytes: offset + bytes.length };
}

async function start(ctx: TxCtx, id: string, wish: Wish): Promise<ImportRow> {
  const row = await requireUploaded(ctx, { id, lock: true });
  requireKind(ctx, row.kind);
  const { file } = await requirePlan(ctx, row, wish);
  const { head, mapping, options } = file;
  const at = new Date(ctx.clock.now());
  const listId = await openList(ctx, { kind: row.kind, options });
  const begun = { mapping: mapping && [...mapping], listId, place: head.place, lines: head.line - 1, at };
  const started = await beginImport(ctx.sql, row, { ...begun, options: withDelimiter(options, head.delimiter) });
  await recordAudit(ctx, {
    action: 'import.started',
    subject: id,
    detail: { kind: row.kind, bytes: row.size_bytes, ...(listId !== null && { list: publicId('lst', listId) }) },
  });
  return started;
}

async function requireImport(ctx: Ctx, text: string, lock = false): Promise<ImportRow> {
  const row = await findImport(ctx.sql, ctx.workspaceId, { id: requirePublicId('imp', text), lock });
  if (row === undefined) throw new AppError('not_found', 'There is no such import');
  return row;
}

async function requireUploaded(ctx: Ctx, { id, lock = false }: { id: string; lock?: boolean }): Promise<ImportRow> {
  const row = await requireImport(ctx, id, lock);
  if (row.state !== 'uploading') throw new AppError('conflict', `The import is ${row.state} already`);
  if (row.size_bytes === 0) throw unfit('file', 'nothing is uploaded yet; upload the file first');
  return row;
}

function presentImport(row: ImportRow): Import {
  const { name, kind, format, state, mapping, options, reason } = row;
  const share = row.size_bytes === 0 ? 0 : row.place / row.size_bytes;
  return {
    ...{ id: publicId('imp', row.id), name, kind, format, state, sizeBytes: row.size_bytes, mapping, options },
    list: row.list_id === null ? null : publicId('lst', row.list_id),
    rows: { read: row.rows_read, accepted: row.rows_accepted, rejected: row.rows_rejected },
    percent: state === 'done' ? 100 : Math.floor(share * 1_000) / 10,
    reason,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

function presentReject({ line, at_column: column, message }: RejectRow): RowError {
  return { line, column, message };
}

async function* writeErrors(ctx: Ctx, importId: string): AsyncIterable<string> {
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  yield csvLine(['line', 'column', 'message', 'row']);
  for (let afterLine = 0; ;) {
    const of = { workspaceId: ctx.workspaceId, importId };
    const rows = await pageRejects(ctx.sql, of, { afterLine, limit: ERRORS_AT_ONCE });
    if (rows.length === 0) return;
    yield rows
      .map(({ line, at_column, message, sealed }) =>
        csvLine([line, at_column, message, sealed === null ? '' : open(wrapping, sealed).toString('utf8')]),
      )
      .join('');
    afterLine = rows.at(-1)!.line;
  }
}
