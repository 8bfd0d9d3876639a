import type { TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { insertAuditEntry } from './audit-store.ts';

export interface AuditEntry {
  /** Noun and verb: `segment.created`. */
  readonly action: string;
  /** Public id of what was changed: `seg_…`. */
  readonly subject?: string | undefined;
  /** What is worth knowing of the change. Never a personal value, never a secret. */
  readonly detail?: JsonObject | undefined;
}

/** Writes down who changed what, in the transaction of the change itself: either both are there or neither. */
export async function recordAudit(ctx: TxCtx, entry: AuditEntry): Promise<void> {
  const { actor, clock, ip } = ctx;
  const nowMs = clock.now();
  await insertAuditEntry(ctx.sql, ctx.workspaceId, {
    id: newUuid(nowMs),
    at: new Date(nowMs),
    actor_kind: actor.kind,
    actor_id: actor.kind === 'system' ? actor.name : actor.id,
    ip: ip ?? null,
    action: entry.action,
    subject: entry.subject ?? null,
    detail: entry.detail ?? null,
  });
}
