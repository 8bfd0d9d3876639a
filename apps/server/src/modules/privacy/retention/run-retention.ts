import type { Services } from '../../../platform/context.ts';
import { forgetEvents } from '../../events/index.ts';
import { namesOf } from './retention-rules.ts';
import { EXPORT_DAYS } from './retention-routes.ts';
import { forgetWebhooks } from '../shopify/account-store.ts';
import { forgetExportParts, type RetentionRow, setRetentionDue, takeDueRetention } from './retention-store.ts';

const DAY_MS = 86_400_000;
/** Looking for what is too old reads the history. */
const EVERY_MS = 3_600_000;
const EXPORT_PARTS = 100;
/** Shopify gives a webhook up after two days at most: this is with room to spare. */
const WEBHOOK_DAYS = 7;
const WEBHOOKS = 1_000;

/**
 * Forgets one slice of what is older than its workspace keeps it; answers how many slices. What is to go is found anew
 * each time, so that a slice that was cut short is simply done again.
 */
export async function runEventRetention(services: Services): Promise<number> {
  const { postgres, clock } = services;
  const nowMs = clock.now();
  const now = new Date(nowMs);
  const parts = await forgetExportParts(postgres, { now, days: EXPORT_DAYS, limit: EXPORT_PARTS });
  const webhooks = await forgetWebhooks(postgres, { before: new Date(nowMs - WEBHOOK_DAYS * DAY_MS), limit: WEBHOOKS });
  const forgotten = parts + webhooks;
  const due = await takeDueRetention(postgres, now, new Date(nowMs + EVERY_MS));
  if (due === undefined || !(await forgetSlice(services, due, nowMs))) return forgotten;
  // There may be more.
  await setRetentionDue(postgres, due.workspace_id, now);
  return forgotten + 1;
}

async function forgetSlice({ history }: Services, row: RetentionRow, nowMs: number): Promise<boolean> {
  for (const [at, rule] of row.rules.entries()) {
    const earlier = row.rules.slice(0, at).filter(({ type }) => type === rule.type);
    const isForgotten = await forgetEvents(history, {
      workspaceId: row.workspace_id,
      type: rule.type,
      name: namesOf(rule),
      except: earlier.map(namesOf),
      beforeMs: nowMs - rule.keepDays * DAY_MS,
    });
    if (isForgotten) return true;
  }
  return false;
}
