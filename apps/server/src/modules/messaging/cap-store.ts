import type { Sql } from '../../platform/postgres/index.ts';

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

/** A marketing message that went. */
export interface Counted {
  readonly channel: string;
  readonly topic: string;
  readonly at: number;
}

/** Marketing messages counted since `sinceMs`, by profile. Exact only while the profiles are locked. */
export async function listCounted(
  sql: Sql,
  workspaceId: number,
  options: { profileIds: readonly string[]; sinceMs: number },
): Promise<Map<string, Counted[]>> {
  const { rows } = await sql.query<{ profile_id: string; channel: string; topic: string; counted_at: Date }>({
    name: 'cap_list',
    text: `select profile_id, channel, topic, counted_at from cap_window
           where workspace_id = $1 and profile_id = any($2::uuid[]) and counted_at > $3`,
    values: [workspaceId, options.profileIds, new Date(options.sinceMs)],
  });
  const counted = new Map<string, Counted[]>();
  for (const { profile_id: profileId, channel, topic, counted_at: countedAt } of rows) {
    const one = { channel, topic, at: countedAt.getTime() };
    const ofProfile = counted.get(profileId);
    if (ofProfile === undefined) counted.set(profileId, [one]);
    else ofProfile.push(one);
  }
  return counted;
}
