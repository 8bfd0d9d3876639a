import { api, type PrivacyRequest } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction, type TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, streamList, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { EXPORT_DAYS } from '../retention/retention-routes.ts';
import { findRetention } from '../retention/retention-store.ts';
import { createRequest } from './create-request.ts';
import { readExport } from './read-export.ts';
import { approvedProfiles, canCancel, isOver, mayApprove, waitingReason } from './request-rules.ts';
import { changeRequest, countExportParts, findRequest, pageRequests, type RequestRow } from './request-store.ts';

const DAY_MS = 86_400_000;

/** What people ask about their data. */
export const privacyRequestRoutes: Routes = (serve) => {
  serve(api.createPrivacyRequest, async ({ ctx, body }) => readOne(ctx, await createRequest(ctx, body)));

  serve(api.listPrivacyRequests, async ({ ctx, query: { limit, cursor, state, kind } }) => {
    const before = decodeCursor(cursor, ['uuid'])?.[0];
    const beforeId = before === undefined ? undefined : String(before);
    const rows = await pageRequests(ctx.sql, ctx.workspaceId, { limit: limit + 1, beforeId, state, kind });
    const nowMs = ctx.clock.now();
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: (row) => present(row, nowMs) });
  });

  serve(api.getPrivacyRequest, ({ ctx, params }) => readOne(ctx, requirePublicId('prq', params.id)));

  serve(api.getPrivacyExport, async ({ ctx, params }) => {
    const row = await requireRequest(ctx, params.id);
    if (row.kind !== 'export') throw stopped('This request has no file', 'ask for one of the kind export');
    if (row.state !== 'done') throw stopped('The file is not ready yet', 'read the request until isFileReady is true');
    const isKept = row.finished_at!.getTime() + (await exportDaysOf(ctx)) * DAY_MS > ctx.clock.now();
    const parts = isKept ? await countExportParts(ctx.sql, ctx.workspaceId, row.id) : 0;
    if (parts === 0) {
      const isNone = row.outcome === 'nothing_held';
      throw new AppError('not_found', isNone ? 'Nothing is held of her: there is no file' : 'The file is gone by now');
    }
    const request = publicId('prq', row.id);
    await inTransaction(ctx, (ctx) => recordAudit(ctx, { action: 'privacy_export.fetched', subject: request }));
    const head = { request, exportedAt: row.finished_at!.toISOString() };
    return streamList(head, 'data', readExport(ctx, { requestId: row.id, parts }));
  });

  serve(api.cancelPrivacyRequest, async ({ ctx, params }) => {
    const row = await requireRequest(ctx, params.id, { lock: true });
    if (!canCancel(row)) {
      throw stopped(
        `A request that is ${row.state} cannot be cancelled`,
        'only one that was not begun, or failed before anybody was erased, can: otherwise let it be tried again',
      );
    }
    await changeRequest(ctx.sql, row, { state: 'cancelled', finishedAt: new Date(ctx.clock.now()) });
    return audited(ctx, row, 'privacy_request.cancelled');
  });

  serve(api.retryPrivacyRequest, async ({ ctx, params }) => {
    const row = await requireRequest(ctx, params.id, { lock: true });
    if (row.state !== 'failed') throw stopped(`The request is ${row.state}`, 'only one that failed is tried again');
    await changeRequest(ctx.sql, row, { state: 'received', attempts: 0, nextAt: new Date(ctx.clock.now()) });
    return audited(ctx, row, 'privacy_request.retried');
  });

  serve(api.approvePrivacyRequest, async ({ ctx, params }) => {
    const row = await requireRequest(ctx, params.id, { lock: true });
    if (!mayApprove(ctx.actor)) {
      throw new AppError('forbidden', 'Only an owner or admin approves a privacy request, never an API key', {
        details: [{ field: '', message: 'sign in as an owner or admin of the workspace' }],
      });
    }
    if (row.state !== 'waiting')
      throw stopped(`The request is ${row.state}`, 'only one that waits for approval takes it');
    const approved = [...approvedProfiles(row.progress), ...(row.profile_id === null ? [] : [row.profile_id])];
    const progress = { ...row.progress, approved };
    await changeRequest(ctx.sql, row, { state: 'received', nextAt: new Date(ctx.clock.now()), progress });
    return audited(ctx, row, 'privacy_request.approved');
  });
};

/** Whoever comes too late gets nothing, though nobody has tidied up yet. */
async function exportDaysOf(ctx: Ctx): Promise<number> {
  return (await findRetention(ctx.sql, ctx.workspaceId))?.export_days ?? EXPORT_DAYS;
}

async function audited(ctx: TxCtx, row: RequestRow, action: string): Promise<PrivacyRequest> {
  await recordAudit(ctx, { action, subject: publicId('prq', row.id), detail: { kind: row.kind } });
  return readOne(ctx, row.id);
}

async function requireRequest(ctx: Ctx, id: string, options: { lock?: boolean } = {}): Promise<RequestRow> {
  const row = await findRequest(ctx.sql, ctx.workspaceId, { id: requirePublicId('prq', id), ...options });
  if (row === undefined) throw new AppError('not_found', 'There is no such request');
  return row;
}

async function readOne(ctx: Ctx, id: string): Promise<PrivacyRequest> {
  return present(await requireRequest(ctx, publicId('prq', id)), ctx.clock.now());
}

function stopped(title: string, message: string): AppError {
  return new AppError('conflict', title, { details: [{ field: '', message }] });
}

function present(row: RequestRow, nowMs: number): PrivacyRequest {
  return {
    id: publicId('prq', row.id),
    kind: row.kind,
    regulation: row.regulation,
    state: row.state,
    waitingFor: row.waiting_for,
    waitingReason: waitingReason(row),
    origin: row.origin,
    profileId: row.profile_id === null ? null : publicId('prf', row.profile_id),
    identifierHash: row.identifier_hash,
    createdAt: row.created_at.toISOString(),
    dueAt: row.due_at.toISOString(),
    isOverdue: !isOver(row.state) && row.due_at.getTime() < nowMs,
    finishedAt: row.finished_at?.toISOString() ?? null,
    outcome: row.outcome,
    counts: row.counts,
    attempts: row.attempts,
    error: row.error,
    isFileReady: row.has_file,
  };
}
