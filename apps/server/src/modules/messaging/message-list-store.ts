import type { MessageStatus } from '@segue/contract';
import type { Sql } from '../../platform/postgres/index.ts';
import type { SourceColumns } from './message-store.ts';
import type { MessageMoment } from './types.ts';

export interface MessageRow extends SourceColumns {
  id: string;
  profile_id: string | null;
  channel: string;
  topic: string;
  template_id: string | null;
  status: MessageStatus;
  refused_by: string | null;
  reason: string | null;
  attempts: number;
  priority: number;
  campaign: string | null;
  due_at: Date | null;
  expires_at: Date | null;
  held_by: string | null;
  created_at: Date;
  next_attempt_at: Date | null;
  ended_at: Date | null;
  delivered_at: Date | null;
  opened_at: Date | null;
  clicked_at: Date | null;
  machine_opened_at: Date | null;
  machine_clicked_at: Date | null;
  bounced_at: Date | null;
}

export interface MessageRowWithHistory extends MessageRow {
  history: MessageMoment[];
}

const COLUMNS = `id, profile_id, channel, topic, template_id, source, journey_id, journey_version, run_id, step_id, confirmation_id, status, refused_by, reason,
  attempts, priority, campaign, due_at, expires_at, held_by, created_at, next_attempt_at, ended_at, delivered_at, opened_at, clicked_at,
  machine_opened_at, machine_clicked_at, bounced_at`;

export interface MessageFilter {
  readonly profileId: string | undefined;
  readonly journeyId: string | undefined;
  readonly status: MessageStatus | undefined;
}

/** What became of a wish to send. */
export interface IntendedMessage {
  readonly id: string;
  readonly status: MessageStatus;
  readonly refusedBy: string | null;
  readonly reason: string | null;
}

/** The messages of these wishes, by intent key. Served by the unique key of the table. */
export async function findIntended(
  sql: Sql,
  workspaceId: number,
  intentKeys: readonly string[],
): Promise<Map<string, IntendedMessage>> {
  if (intentKeys.length === 0) return new Map();
  const { rows } = await sql.query<
    Pick<MessageRow, 'id' | 'status' | 'refused_by' | 'reason'> & { intent_key: string }
  >({
    text: `select intent_key, id, status, refused_by, reason from message
           where workspace_id = $1 and intent_key = any($2::text[])`,
    values: [workspaceId, intentKeys],
  });
  return new Map(
    rows.map((row) => [
      row.intent_key,
      { id: row.id, status: row.status, refusedBy: row.refused_by, reason: row.reason },
    ]),
  );
}

/** Newest first; one row more than `limit` when there are more. */
export async function pageMessages(
  sql: Sql,
  workspaceId: number,
  page: { filter: MessageFilter; limit: number; beforeId: string | undefined },
): Promise<MessageRow[]> {
  const { filter, limit, beforeId } = page;
  // Only the conditions asked for, so that each meets its index.
  const values: unknown[] = [workspaceId, limit + 1];
  const conditions = Object.entries({
    'id <': beforeId,
    'profile_id =': filter.profileId,
    'journey_id =': filter.journeyId,
    'status =': filter.status,
  }).flatMap(([condition, value]) => (value === undefined ? [] : [`and ${condition} $${values.push(value)}`]));
  const { rows } = await sql.query<MessageRow>({
    text: `select ${COLUMNS} from message where workspace_id = $1 ${conditions.join(' ')} order by id desc limit $2`,
    values,
  });
  return rows;
}

export async function findMessage(
  sql: Sql,
  workspaceId: number,
  id: string,
): Promise<MessageRowWithHistory | undefined> {
  const { rows } = await sql.query<MessageRowWithHistory>({
    text: `select ${COLUMNS}, history from message where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function findMessageByIntent(
  sql: Sql,
  workspaceId: number,
  intentKey: string,
): Promise<MessageRow | undefined> {
  const { rows } = await sql.query<MessageRow>({
    text: `select ${COLUMNS} from message where workspace_id = $1 and intent_key = $2`,
    values: [workspaceId, intentKey],
  });
  return rows[0];
}

const COUNTED_MAX = 100_000;

/** How many messages have no outcome yet; no further than is worth knowing. By the partial indexes of both states. */
export async function countUnended(sql: Sql): Promise<{ queued: number; sending: number }> {
  const { rows } = await sql.query<{ queued: number; sending: number }>({
    name: 'message_count_unended',
    // every workspace: one sender serves them all.
    text: `select
             (select count(*)::int from (select from message where status = 'queued' limit ${COUNTED_MAX}) q) as queued,
             (select count(*)::int from (select from message where status = 'sending' limit ${COUNTED_MAX}) s) as sending`,
  });
  return rows[0]!;
}

/** How many messages should have gone before `at` and have not, and how many have been on their way since before it. */
export async function findOverdue(sql: Sql, at: Date): Promise<{ queued: number; sending: number }> {
  const { rows } = await sql.query<{ queued: number; sending: number }>({
    // every workspace: one sender serves them all.
    text: `select
             (select count(*)::int from message where status = 'queued' and next_attempt_at < $1) as queued,
             (select count(*)::int from message where status = 'sending' and sending_at < $1) as sending`,
    values: [at],
  });
  return rows[0]!;
}
