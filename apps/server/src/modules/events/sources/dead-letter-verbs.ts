import type { DeadLetter } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import {
  countDeadLetterRows,
  type DeadLetterRow,
  decodeEvent,
  findDeadLetterRow,
  listDeadLetterRows,
  replayDeadLetters,
  takeDeadLetters,
  type TxCtx,
} from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Page, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { recordAudit } from '../../accounts/index.ts';
import { readSourceDirectory, type SourceDirectory } from './source-directory.ts';

interface Filter {
  readonly sourceId?: string | undefined;
  readonly type?: string | undefined;
  readonly name?: string | undefined;
}

export async function listDeadLetters(
  ctx: Ctx,
  query: Filter & { limit: number; cursor?: string | undefined },
): Promise<Page<DeadLetter>> {
  const directory = await readSourceDirectory(ctx);
  const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0] as string | undefined;
  const rows = await listDeadLetterRows(ctx.sql, ctx.workspaceId, {
    filter: rowFilter(directory, query),
    beforeId,
    limit: query.limit + 1,
  });
  return toPage(rows, {
    limit: query.limit,
    keyOf: (row) => [row.id],
    present: (row) => presentDeadLetter(row, directory),
  });
}

interface LetterEvent {
  readonly messageId: string;
  readonly occurredAt: string;
  readonly receivedAt: string;
  readonly properties: JsonObject;
  readonly traits: JsonObject;
  readonly context: JsonObject;
}

/** With its event as the log holds it: personal values stay sealed, whoever asks. */
export async function getDeadLetter(ctx: Ctx, id: string): Promise<DeadLetter & { event: LetterEvent | null }> {
  const row = await findDeadLetterRow(ctx.sql, ctx.workspaceId, requirePublicId('ddl', id));
  if (row === undefined) throw new AppError('not_found', `There is no dead letter ${id}`);
  return { ...presentDeadLetter(row, await readSourceDirectory(ctx)), event: eventOf(row) };
}

function eventOf(row: DeadLetterRow): LetterEvent | null {
  try {
    const { id: messageId, occurredAt, receivedAt, payload } = decodeEvent(row.line, row);
    const { properties = {}, traits = {}, context = {} } = payload;
    return {
      messageId,
      occurredAt: new Date(occurredAt).toISOString(),
      receivedAt: new Date(receivedAt).toISOString(),
      properties,
      traits,
      context,
    };
  } catch {
    return null;
  }
}

/** Processes one again; whoever asks for one that was taken meanwhile is told that it is gone. */
export async function replayDeadLetter(ctx: TxCtx, id: string): Promise<{ replayed: number; remaining: number }> {
  await recordAudit(ctx, { action: 'dead_letter.replayed', subject: id });
  const replayed = await replayDeadLetters(ctx, { id: requirePublicId('ddl', id), filter: {} });
  if (replayed.length === 0) throw new AppError('not_found', `There is no dead letter ${id}`);
  return { replayed: 1, remaining: await countDeadLetterRows(ctx.sql, ctx.workspaceId, {}) };
}

/** Processes all that match again, as many as one call takes. */
export async function replayMatching(ctx: TxCtx, filter: Filter): Promise<{ replayed: number; remaining: number }> {
  const matching = rowFilter(await readSourceDirectory(ctx), filter);
  const { sourceId = null, type = null, name = null } = filter;
  const given = { sourceId, type, name };
  const before = await countDeadLetterRows(ctx.sql, ctx.workspaceId, matching);
  await recordAudit(ctx, { action: 'dead_letters.replayed', detail: { ...given, matching: before } });
  const replayed = await replayDeadLetters(ctx, { filter: matching });
  return {
    replayed: replayed.length,
    remaining: await countDeadLetterRows(ctx.sql, ctx.workspaceId, matching),
  };
}

export async function discardDeadLetter(ctx: TxCtx, id: string): Promise<void> {
  const [taken] = await takeDeadLetters(ctx, { id: requirePublicId('ddl', id), filter: {} });
  if (taken === undefined) throw new AppError('not_found', `There is no dead letter ${id}`);
  const { type, name, failures } = taken;
  await recordAudit(ctx, { action: 'dead_letter.discarded', subject: id, detail: { type, name, failures } });
}

function rowFilter(directory: SourceDirectory, { sourceId, type, name }: Filter) {
  return { source: directory.numberOf(sourceId), type, name };
}

function presentDeadLetter(row: DeadLetterRow, directory: SourceDirectory): DeadLetter {
  return {
    id: publicId('ddl', row.id),
    sourceId: directory.publicIdOf(row.source),
    type: row.type,
    name: row.name,
    error: row.error,
    failedAt: row.failed_at.toISOString(),
    failures: row.failures,
  };
}
