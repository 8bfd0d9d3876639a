import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { Transaction } from '../../platform/postgres/index.ts';
import type { ChainedEntry } from './audit-chain.ts';
import { chainAudit, microseconds } from './chain-audit.ts';

export interface AuditEntry {
  /** Noun and verb: `segment.created`. */
  readonly action: string;
  /** Public id of what was changed: `seg_…`. */
  readonly subject?: string | undefined;
  /** What is worth knowing of the change. Never a personal value, never a secret. */
  readonly detail?: JsonObject | undefined;
}

interface Part {
  readonly workspaceId: number;
  readonly keys: WorkspaceKeys;
  readonly entries: ChainedEntry[];
}

/** What each open transaction has to say at its end. */
const waiting = new WeakMap<Transaction, Map<number, Part>>();

/**
 * Writes down who changed what, in the transaction of the change itself: either both are there or neither. Written at its
 * end, where the audit chain is locked for a moment only.
 */
export async function recordAudit(ctx: TxCtx, entry: AuditEntry): Promise<void> {
  const { actor, clock, ip, workspaceId } = ctx;
  const parts = partsOf(ctx);
  const keys = parts.get(workspaceId)?.keys ?? (await ctx.keysOf(workspaceId));
  const part = parts.get(workspaceId) ?? { workspaceId, keys, entries: [] };
  parts.set(workspaceId, part);
  const nowMs = clock.now();
  part.entries.push({
    id: newUuid(nowMs),
    atUs: microseconds(nowMs),
    actorKind: actor.kind,
    actorId: actor.kind === 'system' ? actor.name : actor.id,
    ip: ip ?? null,
    action: entry.action,
    subject: entry.subject ?? null,
    detail: entry.detail ?? null,
  });
}

function partsOf(ctx: TxCtx): Map<number, Part> {
  const { sql, clock } = ctx;
  const open = waiting.get(sql);
  if (open !== undefined) return open;
  const parts = new Map<number, Part>();
  waiting.set(sql, parts);
  ctx.beforeCommit(async () => {
    waiting.delete(sql);
    await chainAudit(sql, [...parts.values()], clock.now());
  });
  return parts;
}
