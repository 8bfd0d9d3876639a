import { createHash } from 'node:crypto';
import { createContext, type Services } from '../../platform/context.ts';
import { inTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { HOLD_MS, isBurst, type MachineReason, type Verdict } from './classify-visit.ts';
import { findVisitsOfMessages, insertLinkVisit } from './link-visit-store.ts';
import type { TrackedMessage } from './tracking-link.ts';
import { visitEvent } from './visit-events.ts';

export interface SeenVisit {
  readonly kind: 'open' | 'click';
  readonly message: TrackedMessage;
  /** Of a click: where it leads. */
  readonly url: string | undefined;
  readonly verdict: Verdict;
}

/** Tells at once what is certain; what is not is kept, and decided by `runHeldClicks` when its time has come. */
export async function recordVisit(services: Services, seen: SeenVisit): Promise<void> {
  const ctx = createContext(services, seen.message.workspaceId, { kind: 'system', name: 'tracking' });
  await inTransaction(ctx, (ctx) => recordIn(ctx, seen));
}

async function recordIn(ctx: TxCtx, { kind, message, url, verdict }: SeenVisit): Promise<void> {
  const at = ctx.clock.now();
  const shown = url === undefined ? undefined : withoutQuery(url);
  const tell = (machine: MachineReason | undefined) =>
    ctx.emit(visitEvent({ kind, message, url: shown }, { at, machine }));
  if (verdict.kind === 'machine') return tell(verdict.reason);
  if (url === undefined || shown === undefined) return tell(undefined);
  const link = createHash('sha256').update(url).digest('base64url').slice(0, 16);
  const dueAt = verdict.kind === 'unsure' ? at + HOLD_MS : undefined;
  const visit = { id: newUuid(at), messageId: message.messageId, link, at, dueAt, click: { message, url: shown } };
  await insertLinkVisit(ctx.sql, ctx.workspaceId, visit);
  if (dueAt !== undefined) return;
  const near = { messageIds: [message.messageId], fromMs: at - HOLD_MS, toMs: at + HOLD_MS };
  const others = await findVisitsOfMessages(ctx.sql, ctx.workspaceId, near);
  const visits = others.map((other) => ({ link: other.link, at: other.visited_at.getTime() }));
  tell(isBurst(visit, visits) ? 'many_links' : undefined);
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
