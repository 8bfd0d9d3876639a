import type { Sql } from '../../platform/postgres/index.ts';
import { DEFAULT_TOPICS, type Topic } from './topic.ts';

/** Gives a workspace the topics every one has. Harmless to repeat. */
export async function ensureDefaultTopics(sql: Sql, workspaceId: number): Promise<void> {
  await sql.query({
    text: `insert into consent_topic (workspace_id, topic, name, is_marketing, silence, is_default)
           select $1, t.topic, t.name, t.is_marketing, t.silence, t.is_default
           from unnest($2::text[], $3::text[], $4::boolean[], $5::text[], $6::boolean[])
             as t(topic, name, is_marketing, silence, is_default)
           on conflict do nothing`,
    values: [
      workspaceId,
      DEFAULT_TOPICS.map((one) => one.topic),
      DEFAULT_TOPICS.map((one) => one.name),
      DEFAULT_TOPICS.map((one) => one.isMarketing),
      DEFAULT_TOPICS.map((one) => one.silence),
      DEFAULT_TOPICS.map((one) => one.isDefault),
    ],
  });
}

interface TopicRow {
  topic: string;
  name: string;
  description: string | null;
  is_marketing: boolean;
  silence: Topic['silence'];
  double_opt_in: boolean;
  is_default: boolean;
}

const COLUMNS = 'topic, name, description, is_marketing, silence, double_opt_in, is_default';

/** A workspace's topics in the order they were made. */
export async function listTopics(sql: Sql, workspaceId: number): Promise<Topic[]> {
  const { rows } = await sql.query<TopicRow>({
    name: 'consent_topics',
    text: `select ${COLUMNS} from consent_topic where workspace_id = $1 order by created_at, topic`,
    values: [workspaceId],
  });
  return rows.map(toTopic);
}

/** A page of them, in that order: by the instant in whole milliseconds, which is what a cursor holds. */
export async function pageTopics(
  sql: Sql,
  workspaceId: number,
  page: { after: { createdAt: string; topic: string } | undefined; limit: number },
): Promise<{ topic: Topic; createdAt: Date }[]> {
  const { rows } = await sql.query<TopicRow & { created_at: Date }>({
    text: `select ${COLUMNS}, created_at from consent_topic
           where workspace_id = $1
             and ($2::timestamptz is null or (date_trunc('milliseconds', created_at), topic) > ($2::timestamptz, $3::text))
           order by date_trunc('milliseconds', created_at), topic limit $4`,
    values: [workspaceId, page.after?.createdAt ?? null, page.after?.topic ?? null, page.limit],
  });
  return rows.map((row) => ({ topic: toTopic(row), createdAt: row.created_at }));
}

/** Undefined when there is none; held until the transaction ends. */
export async function lockTopic(sql: Sql, workspaceId: number, topic: string): Promise<Topic | undefined> {
  const { rows } = await sql.query<TopicRow>({
    text: `select ${COLUMNS} from consent_topic where workspace_id = $1 and topic = $2 for update`,
    values: [workspaceId, topic],
  });
  return rows[0] === undefined ? undefined : toTopic(rows[0]);
}

/** False when the workspace has a topic of this name. */
export async function insertTopic(
  sql: Sql,
  workspaceId: number,
  { topic, now }: { topic: Topic; now: number },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into consent_topic (workspace_id, ${COLUMNS}, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict do nothing`,
    values: [workspaceId, ...valuesOf(topic), new Date(now)],
  });
  return rowCount > 0;
}

export async function writeTopic(sql: Sql, workspaceId: number, topic: Topic): Promise<void> {
  await sql.query({
    text: `update consent_topic set name = $3, description = $4, is_marketing = $5, silence = $6, double_opt_in = $7,
             is_default = $8
           where workspace_id = $1 and topic = $2`,
    values: [workspaceId, ...valuesOf(topic)],
  });
}

/** Makes room for another default of this kind. */
export async function clearDefaultTopic(sql: Sql, workspaceId: number, isMarketing: boolean): Promise<void> {
  await sql.query({
    text: 'update consent_topic set is_default = false where workspace_id = $1 and is_marketing = $2 and is_default',
    values: [workspaceId, isMarketing],
  });
}

function valuesOf(one: Topic): unknown[] {
  return [one.topic, one.name, one.description, one.isMarketing, one.silence, one.doubleOptIn, one.isDefault];
}

function toTopic(row: TopicRow): Topic {
  return {
    topic: row.topic,
    name: row.name,
    description: row.description,
    isMarketing: row.is_marketing,
    silence: row.silence,
    doubleOptIn: row.double_opt_in,
    isDefault: row.is_default,
  };
}
