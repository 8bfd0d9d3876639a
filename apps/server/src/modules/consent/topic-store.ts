import type { Sql } from '../../platform/postgres/index.ts';
import { DEFAULT_TOPICS, type Topic } from './topic.ts';

/** Gives a workspace the topics every one has. Harmless to repeat. */
export async function ensureDefaultTopics(sql: Sql, workspaceId: number): Promise<void> {
  await sql.query({
    text: `insert into consent_topic (workspace_id, topic, name, requires_opt_in)
           select $1, t.topic, t.name, t.requires_opt_in
           from unnest($2::text[], $3::text[], $4::boolean[]) as t(topic, name, requires_opt_in)
           on conflict do nothing`,
    values: [
      workspaceId,
      DEFAULT_TOPICS.map((one) => one.topic),
      DEFAULT_TOPICS.map((one) => one.name),
      DEFAULT_TOPICS.map((one) => one.requiresOptIn),
    ],
  });
}

/** A workspace's topics in the order they were made. */
export async function listTopics(sql: Sql, workspaceId: number): Promise<Topic[]> {
  const { rows } = await sql.query<{ topic: string; name: string; requires_opt_in: boolean }>({
    name: 'consent_topics',
    text: `select topic, name, requires_opt_in from consent_topic where workspace_id = $1 order by created_at, topic`,
    values: [workspaceId],
  });
  return rows.map((row) => ({ topic: row.topic, name: row.name, requiresOptIn: row.requires_opt_in }));
}
