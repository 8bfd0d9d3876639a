import type { Services } from '../../../platform/context.ts';
import { forgetEvents } from '../../events/index.ts';
import { namesOf } from './retention-rules.ts';
import { EXPORT_DAYS } from './retention-routes.ts';
import { forgetExportParts, type RetentionRow, setRetentionDue, takeDueRetention } from './retention-store.ts';

const DAY_MS = 86_400_000;
/** Looking for what is too old reads the history. */
const EVERY_MS = 3_600_000;
const EXPORT_PARTS = 100;

/**
 * Forgets one slice of what is older than its workspace keeps it; answers how many slices. What is to go is found anew
 * each time, so that a slice that was cut short is simply done again.
 */
export async function runEventRetention(services: Services): Promise<number> {
  const { postgres, clock } = services;
  const nowMs = clock.now();
  const now = new Date(nowMs);
  const parts = await forgetExportParts(postgres, { now, days: EXPORT_DAYS, limit: EXPORT_PARTS });
  const due = await takeDueRetention(postgres, now, new Date(nowMs + EVERY_MS));
  if (due === undefined || !(await forgetSlice(services, due, nowMs))) return parts;
  // There may be more.
  await setRetentionDue(postgres, due.workspace_id, now);
  return parts + 1;
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
