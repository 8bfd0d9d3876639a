import type { Sql } from '../../platform/postgres/index.ts';
import { DEFAULT_CAP, DEFAULT_LESS_OFTEN, type FrequencyCap } from './gate.ts';

export interface CountedSend {
  readonly profileId: string;
  readonly channel: string;
  readonly messageId: string;
  readonly topic: string;
}

export async function insertCounted(
  sql: Sql,
  workspaceId: number,
  options: { sends: readonly CountedSend[]; now: number },
): Promise<void> {
  const { sends, now } = options;
  if (sends.length === 0) return;
  await sql.query({
    name: 'cap_insert',
    text: `insert into cap_window (workspace_id, profile_id, channel, counted_at, message_id, topic)
           select $1, c.profile_id, c.channel, $2, c.message_id, c.topic
           from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[]) as c(profile_id, channel, message_id, topic)`,
    values: [
      workspaceId,
      new Date(now),
      sends.map((s) => s.profileId),
      sends.map((s) => s.channel),
      sends.map((s) => s.messageId),
      sends.map((s) => s.topic),
    ],
  });
}

/** Gives back the counts of messages that surely never left. */
export async function deleteCounted(sql: Sql, workspaceId: number, messageIds: readonly string[]): Promise<void> {
  if (messageIds.length === 0) return;
  await sql.query({
    name: 'cap_delete',
    text: 'delete from cap_window where workspace_id = $1 and message_id = any($2::uuid[])',
    values: [workspaceId, messageIds],
  });
}

/** When marketing messages were counted since `sinceMs`, by `capKey`. Exact only while the profiles are locked. */
export async function listCounted(
  sql: Sql,
  workspaceId: number,
  options: { profileIds: readonly string[]; sinceMs: number },
): Promise<Map<string, number[]>> {
  const { rows } = await sql.query<{ profile_id: string; channel: string; counted_at: Date }>({
    name: 'cap_list',
    text: `select profile_id, channel, counted_at from cap_window
           where workspace_id = $1 and profile_id = any($2::uuid[]) and counted_at > $3`,
    values: [workspaceId, options.profileIds, new Date(options.sinceMs)],
  });
  const counted = new Map<string, number[]>();
  for (const row of rows) {
    const key = capKey(row.profile_id, row.channel);
    const times = counted.get(key);
    if (times === undefined) counted.set(key, [row.counted_at.getTime()]);
    else times.push(row.counted_at.getTime());
  }
  return counted;
}

export function capKey(profileId: string, channel: string): string {
  return `${profileId} ${channel}`;
}

/** What a workspace set about how much marketing its customers get. */
export interface SendLimits {
  readonly cap: FrequencyCap;
  /** For customers who asked for less; counted over all channels. */
  readonly lessOften: FrequencyCap;
}

/** The defaults where nothing was set. */
export async function findLimits(sql: Sql, workspaceId: number): Promise<SendLimits> {
  const { rows } = await sql.query<{
    cap_max: number;
    cap_window_ms: number;
    less_often_max: number | null;
    less_often_window_ms: number | null;
  }>({
    name: 'send_policy_find',
    text: `select cap_max, cap_window_ms, less_often_max, less_often_window_ms from send_policy where workspace_id = $1`,
    values: [workspaceId],
  });
  const [row] = rows;
  if (row === undefined) return { cap: DEFAULT_CAP, lessOften: DEFAULT_LESS_OFTEN };
  return {
    cap: { limitMax: row.cap_max, windowMs: row.cap_window_ms },
    lessOften: {
      limitMax: row.less_often_max ?? DEFAULT_LESS_OFTEN.limitMax,
      windowMs: row.less_often_window_ms ?? DEFAULT_LESS_OFTEN.windowMs,
    },
  };
}

/** What "less often" comes to in a workspace: what the preference page promises is what the gate keeps. */
export async function readLessOften(sql: Sql, workspaceId: number): Promise<FrequencyCap> {
  return (await findLimits(sql, workspaceId)).lessOften;
}

export async function writeLimits(
  sql: Sql,
  workspaceId: number,
  { limits, now }: { limits: SendLimits; now: number },
): Promise<void> {
  const { cap, lessOften } = limits;
  await sql.query({
    text: `insert into send_policy (workspace_id, cap_max, cap_window_ms, less_often_max, less_often_window_ms, updated_at)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (workspace_id) do update set cap_max = excluded.cap_max, cap_window_ms = excluded.cap_window_ms,
             less_often_max = excluded.less_often_max, less_often_window_ms = excluded.less_often_window_ms,
             updated_at = excluded.updated_at`,
    values: [workspaceId, cap.limitMax, cap.windowMs, lessOften.limitMax, lessOften.windowMs, new Date(now)],
  });
}
