import { createContext, type Services } from '../../platform/context.ts';
import { causedId, inTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import { HOLD_MS, isBurst } from './classify-visit.ts';
import {
  deleteVisitsBefore,
  findVisitsOfMessages,
  listWorkspacesWithDueVisits,
  type LinkVisitRow,
  takeDueVisits,
} from './link-visit-store.ts';
import { visitEvent } from './visit-events.ts';

const BATCH_MAX = 200;
const KEEP_MS = 3_600_000;

/** Decides the clicks whose time has come and tells them; answers how many. Run it again at once while that is not 0. */
export async function runHeldClicks(services: Services): Promise<number> {
  const now = services.clock.now();
  let decided = 0;
  for (const workspaceId of await listWorkspacesWithDueVisits(services.postgres, now)) {
    const ctx = createContext(services, workspaceId, { kind: 'system', name: 'tracking' });
    decided += await inTransaction(ctx, (ctx) => decideIn(ctx, now));
  }
  return decided;
}

/** Drops visits that no other can be close to any more. */
export async function forgetLinkVisits(services: Services): Promise<number> {
  await deleteVisitsBefore(services.postgres, services.clock.now() - KEEP_MS);
  return 0;
}

async function decideIn(ctx: TxCtx, now: number): Promise<number> {
  const due = await takeDueVisits(ctx.sql, ctx.workspaceId, { now, limit: BATCH_MAX });
  const messageIds = [...new Set(due.map((visit) => visit.message_id))];
  const times = due.map((visit) => visit.visited_at.getTime());
  const near = { messageIds, fromMs: Math.min(...times) - HOLD_MS, toMs: Math.max(...times) + HOLD_MS };
  const visits = due.length === 0 ? [] : await findVisitsOfMessages(ctx.sql, ctx.workspaceId, near);
  for (const visit of due) {
    const others = visits.filter((other) => other.message_id === visit.message_id).map(toVisit);
    const machine = isBurst(toVisit(visit), others) ? 'many_links' : undefined;
    const said = { at: visit.visited_at.getTime(), machine, id: causedId('click', visit.id) } as const;
    ctx.emit(visitEvent({ kind: 'click', ...visit.click }, said));
  }
  return due.length;
}

function toVisit({ link, visited_at }: Pick<LinkVisitRow, 'link' | 'visited_at'>) {
  return { link, at: visited_at.getTime() };
}
