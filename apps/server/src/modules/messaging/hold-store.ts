import type { Sql } from '../../platform/postgres/index.ts';
import { moments, type Refusal } from './message-store.ts';

/** A message that waits for what a rule wants. */
export interface Hold extends Refusal {
  readonly untilMs: number;
  /** Whether another rule held it before, or none. */
  readonly isNews: boolean;
}

export async function holdMessages(
  sql: Sql,
  workspaceId: number,
  options: { holds: readonly Hold[]; now: number },
): Promise<void> {
  const { holds, now } = options;
  if (holds.length === 0) return;
  await sql.query({
    name: 'message_hold',
    text: `update message m set next_attempt_at = h.until, lane_marks = null, held_by = h.by, history = m.history || h.moments::jsonb
           from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) as h(id, until, by, moments)
           where m.workspace_id = $1 and m.id = h.id and m.status = 'queued'`,
    values: [
      workspaceId,
      holds.map((hold) => hold.id),
      holds.map((hold) => new Date(hold.untilMs)),
      holds.map((hold) => hold.by),
      holds.map(({ by, reason, numbers, untilMs, isNews }) =>
        isNews
          ? moments({ at: now, what: 'held', by, reason, until: untilMs, ...(numbers !== undefined && { numbers }) })
          : '[]',
      ),
    ],
  });
}

/** Looks at everything again that a rule holds back: the rules were changed. By index message_held. */
export async function releaseHeld(sql: Sql, workspaceId: number, now: number): Promise<void> {
  await sql.query({
    text: `update message set next_attempt_at = $2
           where workspace_id = $1 and status = 'queued' and held_by is not null and next_attempt_at > $2`,
    values: [workspaceId, new Date(now)],
  });
}
