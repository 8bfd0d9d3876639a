import { api, type AuditEntry, parseInstant } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { parsePublicId, publicId } from '../../platform/ids/index.ts';
import type { BrokenLink, ChainHead } from './audit-chain.ts';
import { type ListedAuditRow, listAuditEntries } from './audit-store.ts';
import { verifyAudit } from './verify-audit.ts';

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

  serve(api.verifyAudit, async ({ ctx, query }) => {
    const after = query.after === undefined ? undefined : linkOf(query.after);
    const { workspaceId } = ctx;
    const keys = await ctx.keysOf(workspaceId);
    const { head, last, broken } = await verifyAudit(ctx.sql, { workspaceId, keys, after, limit: query.entries });
    return {
      intact: broken === undefined,
      verified: last.seq - (after?.seq ?? 0),
      broken: broken === undefined ? null : presentBroken(broken),
      head: presentLink(head),
      next: broken === undefined && last.seq < head.seq ? `${last.seq}.${last.hash.toString('hex')}` : null,
    };
  });
};

const LINK = /^([1-9][0-9]{0,14})\.([0-9a-f]{64})$/;

function linkOf(text: string): ChainHead {
  const [, seq, hash] = LINK.exec(text) ?? [];
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash: Buffer.from(hash, 'hex') };
  throw new AppError('invalid', 'The place to go on from is not one this call gave out', {
    details: [{ field: 'after', message: 'pass "next" of the answer before, or leave it out' }],
  });
}

function presentLink({ seq, hash }: ChainHead): { seq: number; hash: string } {
  return { seq, hash: hash.toString('hex') };
}

function presentBroken({ reason, seq, entryId }: BrokenLink) {
  return { reason, seq, entryId: entryId === undefined ? null : publicId('aud', entryId) };
}

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
    seq: row.seq,
    hash: row.hash?.toString('hex') ?? null,
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
