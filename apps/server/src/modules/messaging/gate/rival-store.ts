import type { Sql } from '../../../platform/postgres/index.ts';

/** A message that waits beside others to the same customer. */
export interface Rival {
  readonly id: string;
  readonly profileId: string;
  readonly channel: string;
  readonly topic: string;
  readonly priority: number;
}

interface RivalRow {
  id: string;
  profile_id: string;
  channel: string;
  topic: string;
  priority: number;
}

/** How far ahead of its look a message that is due can be put off: by a claim of another process, or by its lanes. */
const AHEAD_MS = 15_000;

/**
 * Messages of these profiles that are due, matter more than `abovePriority` and wait for nothing but their turn, or for room
 * under a cap. By index message_waiting.
 */
export async function listRivals(
  sql: Sql,
  workspaceId: number,
  asked: { profileIds: readonly string[]; abovePriority: number; now: number },
): Promise<Rival[]> {
  const { profileIds, abovePriority, now } = asked;
  const { rows } = await sql.query<RivalRow>({
    name: 'message_rivals',
    text: `select id, profile_id, channel, topic, priority from message
           where workspace_id = $1 and profile_id = any($2::uuid[]) and status = 'queued' and priority > $3
             and attempts = 0 and coalesce(due_at, created_at) <= $4 and next_attempt_at <= $5
             and (held_by is null or held_by = 'cap')`,
    values: [workspaceId, profileIds, abovePriority, new Date(now), new Date(now + AHEAD_MS)],
  });
  return rows.map(({ profile_id: profileId, ...row }) => ({ ...row, profileId }));
}
