import { api, type AuditEntry, parseInstant } from '@segue/contract';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { parsePublicId, publicId } from '../../platform/ids/index.ts';
import { type ListedAuditRow, listAuditEntries } from './audit-store.ts';

/** Who changed what, newest first. */
export const auditRoutes: Routes = (serve) => {
  serve(api.listAuditEntries, async ({ ctx, query }) => {
    const { actor, action, subject, from, to, limit } = query;
    const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0];
    const rows = await listAuditEntries(ctx.sql, ctx.workspaceId, {
      limit: limit + 1,
      beforeId: beforeId === undefined ? undefined : String(beforeId),
      actorId: actor === undefined ? undefined : internalActor(actor),
      action,
      subject,
      from: toDate(from),
      to: toDate(to),
    });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentEntry });
  });
};

/** Members and keys are kept by their internal id, parts of the system by name. */
function internalActor(text: string): string {
  return parsePublicId('mbr', text) ?? parsePublicId('key', text) ?? text;
}

function toDate(text: string | undefined): Date | undefined {
  const ms = text === undefined ? undefined : parseInstant(text);
  return ms === undefined ? undefined : new Date(ms);
}

function presentEntry(row: ListedAuditRow): AuditEntry {
  return {
    id: publicId('aud', row.id),
    at: row.at.toISOString(),
    actor: presentActor(row),
    ip: row.ip,
    action: row.action,
    subject: row.subject,
    detail: row.detail,
  };
}

function presentActor(row: ListedAuditRow): AuditEntry['actor'] {
  switch (row.actor_kind) {
    case 'member':
      return { kind: 'member', id: publicId('mbr', row.actor_id), name: row.actor_name ?? '' };
    case 'apiKey':
      return { kind: 'apiKey', id: publicId('key', row.actor_id), name: row.actor_name ?? '' };
    default:
      return { kind: 'system', id: null, name: row.actor_id };
  }
}
