import type { PromotedProduct } from '@segue/contract';
import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { LaneMark } from './lag.ts';
import type { VersionContent } from '../content/index.ts';
import type { ChannelName, MessageIntent, MessageMoment, MessageSource, RefusedBy, Tracking } from './types.ts';

/** A wish ready to be written. */
export interface NewMessage {
  readonly id: string;
  readonly intent: MessageIntent;
  readonly templateVersionId: string | undefined;
  /** Sealed; null when the intent has none. */
  readonly variables: Buffer | null;
  /** Sealed; null when it has a template. */
  readonly inline: Buffer | null;
}

/** Writes what is not there yet, by intent key; answers the ids it wrote. One statement. */
export async function insertMessages(
  sql: Sql,
  workspaceId: number,
  options: { messages: readonly NewMessage[]; now: number },
): Promise<string[]> {
  // In key order, so that two writers of the same keys wait for each other instead of locking up.
  const messages = [...options.messages].sort((a, b) => (a.intent.intentKey < b.intent.intentKey ? -1 : 1));
  const now = new Date(options.now);
  const journeys = messages.map(({ intent }) => (intent.source.kind === 'journey' ? intent.source : undefined));
  const { rows } = await sql.query<{ id: string }>({
    name: 'message_insert',
    text: `insert into message (workspace_id, id, profile_id, node_kind, node_id, channel, topic, intent_key, template_id, template_version_id,
             variables, source, journey_id, journey_version, run_id, step_id, confirmation_id, products, priority, due_at, expires_at, campaign,
             inline, to_node, tracks_opens, tracks_clicks, status, next_attempt_at, history, created_at)
           select $1, m.*, 'queued', coalesce(m.due_at, $2), $3, $2
           from unnest($4::uuid[], $5::uuid[], $6::smallint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::uuid[], $12::uuid[],
             $13::bytea[], $14::text[], $15::uuid[], $16::integer[], $17::uuid[], $18::text[], $19::uuid[], $20::jsonb[], $21::smallint[], $22::timestamptz[], $23::timestamptz[],
             $24::text[], $25::bytea[], $26::bigint[], $27::boolean[], $28::boolean[]) as m(id, profile_id, node_kind, node_id, channel, topic, intent_key, template_id, template_version_id, variables, source,
             journey_id, journey_version, run_id, step_id, confirmation_id, products, priority, due_at, expires_at, campaign,
             inline, to_node, tracks_opens, tracks_clicks)
           on conflict (workspace_id, intent_key) do nothing returning id`,
    values: [
      workspaceId,
      now,
      moments({ at: options.now, what: 'queued' }),
      messages.map((m) => m.id),
      messages.map((m) => m.intent.profileId ?? null),
      messages.map((m) => m.intent.node.kind),
      messages.map((m) => m.intent.node.id),
      messages.map((m) => m.intent.channel),
      messages.map((m) => m.intent.topic),
      messages.map((m) => m.intent.intentKey),
      messages.map((m) => m.intent.templateId ?? null),
      messages.map((m) => m.templateVersionId ?? null),
      messages.map((m) => m.variables),
      messages.map((m) => m.intent.source.kind),
      journeys.map((j) => j?.journeyId ?? null),
      journeys.map((j) => j?.version ?? null),
      journeys.map((j) => j?.runId ?? null),
      journeys.map((j) => j?.stepId ?? null),
      messages.map(({ intent }) => (intent.source.kind === 'confirmation' ? intent.source.confirmationId : null)),
      messages.map(({ intent: { products = [] } }) => (products.length === 0 ? null : JSON.stringify(products))),
      messages.map(({ intent: { priority = PRIORITY_USUAL } }) => priority),
      messages.map(({ intent: { dueAt } }) => (dueAt === undefined ? null : new Date(dueAt))),
      messages.map(({ intent: { expiresAt } }) => (expiresAt === undefined ? null : new Date(expiresAt))),
      messages.map(({ intent: { campaign } }) => campaign ?? null),
      messages.map((m) => m.inline),
      messages.map(({ intent: { toNode } }) => toNode ?? null),
      messages.map(({ intent: { tracking } }) => tracking?.opens ?? true),
      messages.map(({ intent: { tracking } }) => tracking?.clicks ?? true),
    ],
  });
  return rows.map((row) => row.id);
}

/** Between what may wait for ever (1) and what must go (9). */
export const PRIORITY_USUAL = 5;

interface DueRow {
  workspace_id: number;
  id: string;
  profile_id: string | null;
  node_kind: number;
  node_id: number;
  channel: ChannelName;
  topic: string;
  template_id: string | null;
  template_version_id: string | null;
  variables: Buffer | null;
  source: MessageSource['kind'];
  journey_id: string | null;
  journey_version: number | null;
  run_id: string | null;
  step_id: string | null;
  confirmation_id: string | null;
  products: PromotedProduct[] | null;
  attempts: number;
  lane_marks: LaneMark[] | null;
  priority: number;
  due_at: Date | null;
  created_at: Date;
  expires_at: Date | null;
  campaign: string | null;
  held_by: RefusedBy | null;
  inline: Buffer | null;
  to_node: number | null;
  tracks_opens: boolean;
  tracks_clicks: boolean;
}

/** A message whose time has come; nobody may be known by its address yet. */
export type ClaimedMessage = Omit<DueMessage, 'profileId'> & { readonly profileId: string | undefined };

/** A message whose time has come. */
export interface DueMessage {
  readonly workspaceId: number;
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly channel: ChannelName;
  readonly topic: string;
  readonly templateId: string | undefined;
  readonly templateVersionId: string | undefined;
  /** What it says without a template: sealed, or open where it was never stored. */
  readonly inline: Buffer | VersionContent | undefined;
  /** The one address it may go to. */
  readonly toNode: number | undefined;
  readonly tracking: Tracking;
  /** Sealed; open where they were never stored. */
  readonly variables: Buffer | JsonObject | undefined;
  readonly source: MessageSource;
  /** What it invites to buy. */
  readonly products: readonly PromotedProduct[];
  readonly attempts: number;
  readonly laneMarks: readonly LaneMark[] | undefined;
  readonly priority: number;
  /** When it was to go. */
  readonly dueAt: number;
  readonly expiresAt: number | undefined;
  readonly campaign: string | undefined;
  /** The rule that held it back when it was last looked at. */
  readonly heldBy: RefusedBy | undefined;
}

const DUE_COLUMNS = `workspace_id, id, profile_id, node_kind, node_id, channel, topic, template_id, template_version_id, variables, source,
  journey_id, journey_version, run_id, step_id, confirmation_id, products, attempts, lane_marks, priority, due_at, created_at, expires_at, campaign, held_by,
  inline, to_node, tracks_opens, tracks_clicks`;

/**
 * Chooses due messages and keeps other processes off them until `untilMs`. A claim is a courtesy that saves work: what
 * makes a message go once is the state it is found in under the profile's lock. Served by `message_due`.
 */
export async function claimDueMessages(
  sql: Sql,
  options: { now: number; untilMs: number; limit: number },
): Promise<ClaimedMessage[]> {
  // every workspace: one sender serves them all, in the order messages fell due.
  const { rows } = await sql.query<DueRow>({
    name: 'message_claim',
    text: `update message m set next_attempt_at = $2
           from (
             select workspace_id, id from message where status = 'queued' and next_attempt_at <= $1
             order by next_attempt_at limit $3 for update skip locked
           ) due
           where m.workspace_id = due.workspace_id and m.id = due.id
           returning ${prefixed(DUE_COLUMNS)}`,
    values: [new Date(options.now), new Date(options.untilMs), options.limit],
  });
  return rows.map(toDueMessage);
}

function toDueMessage(row: DueRow): ClaimedMessage {
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    profileId: row.profile_id ?? undefined,
    node: { kind: row.node_kind, id: row.node_id },
    channel: row.channel,
    topic: row.topic,
    templateId: row.template_id ?? undefined,
    templateVersionId: row.template_version_id ?? undefined,
    inline: row.inline ?? undefined,
    toNode: row.to_node ?? undefined,
    tracking: { opens: row.tracks_opens, clicks: row.tracks_clicks },
    variables: row.variables ?? undefined,
    source: toSource(row),
    products: row.products ?? [],
    attempts: row.attempts,
    laneMarks: row.lane_marks ?? undefined,
    priority: row.priority,
    dueAt: (row.due_at ?? row.created_at).getTime(),
    expiresAt: row.expires_at?.getTime(),
    campaign: row.campaign ?? undefined,
    heldBy: row.held_by ?? undefined,
  };
}

/** Columns of a message's source, as rows of any query carry them. */
export type SourceColumns = Pick<
  DueRow,
  'source' | 'journey_id' | 'journey_version' | 'run_id' | 'step_id' | 'confirmation_id'
>;

export function toSource(row: SourceColumns): MessageSource {
  if (row.source === 'api') return { kind: 'api' };
  if (row.source === 'confirmation') return { kind: 'confirmation', confirmationId: row.confirmation_id! };
  return {
    kind: 'journey',
    journeyId: row.journey_id!,
    version: row.journey_version!,
    runId: row.run_id!,
    stepId: row.step_id!,
  };
}

/** Under the profiles' locks: which of `ids` are still waiting, and whose they are now. */
export async function lockQueuedMessages(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ id: string; profile_id: string }>({
    name: 'message_lock_queued',
    text: `select id, profile_id from message
           where workspace_id = $1 and id = any($2::uuid[]) and status = 'queued' order by id for update`,
    values: [workspaceId, ids],
  });
  return new Map(rows.map((row) => [row.id, row.profile_id]));
}

export interface Postponed {
  readonly id: string;
  readonly untilMs: number;
  /** What it waits for; undefined when it waits for time alone. */
  readonly laneMarks: readonly LaneMark[] | undefined;
  /** Only the first look at a wait is worth a line. */
  readonly moment: MessageMoment | undefined;
}

export async function postponeMessages(sql: Sql, workspaceId: number, postponed: readonly Postponed[]): Promise<void> {
  if (postponed.length === 0) return;
  await sql.query({
    name: 'message_postpone',
    text: `update message m set next_attempt_at = p.at, lane_marks = p.marks::jsonb, history = m.history || p.moments::jsonb
           from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) as p(id, at, marks, moments)
           where m.workspace_id = $1 and m.id = p.id and m.status = 'queued'`,
    values: [
      workspaceId,
      postponed.map((p) => p.id),
      postponed.map((p) => new Date(p.untilMs)),
      postponed.map((p) => (p.laneMarks === undefined ? null : JSON.stringify(p.laneMarks))),
      postponed.map((p) => (p.moment === undefined ? '[]' : moments(p.moment))),
    ],
  });
}

export interface Refusal {
  readonly id: string;
  readonly by: RefusedBy;
  readonly reason: string;
  readonly numbers?: MessageMoment['numbers'];
}

export async function refuseMessages(
  sql: Sql,
  workspaceId: number,
  options: { refusals: readonly Refusal[]; now: number },
): Promise<void> {
  const { refusals, now } = options;
  if (refusals.length === 0) return;
  await sql.query({
    name: 'message_refuse',
    text: `update message m set status = 'refused', refused_by = r.by, reason = r.reason, ended_at = $2, next_attempt_at = null,
             lane_marks = null, held_by = null, history = m.history || r.moments::jsonb
           from unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) as r(id, by, reason, moments)
           where m.workspace_id = $1 and m.id = r.id and m.status = 'queued'`,
    values: [
      workspaceId,
      new Date(now),
      refusals.map((r) => r.id),
      refusals.map((r) => r.by),
      refusals.map((r) => r.reason),
      refusals.map(({ by, reason, numbers }) =>
        moments({ at: now, what: 'refused', by, reason, ...(numbers !== undefined && { numbers }) }),
      ),
    ],
  });
}

export interface SendingMark {
  readonly id: string;
  readonly attempt: number;
  readonly addressHash: string;
  readonly addressNode: NodeRef;
  readonly contentHash: Buffer;
  /** Sealed; undefined when the message has no page of its own. */
  readonly shown: Buffer | undefined;
}

/** From this commit on the message counts as sent: whoever dies now leaves an unknown outcome, never a second mail. */
export async function markSending(
  sql: Sql,
  workspaceId: number,
  options: { marks: readonly SendingMark[]; owner: string; now: number },
): Promise<void> {
  const { marks, owner, now } = options;
  if (marks.length === 0) return;
  const { rowCount } = await sql.query({
    name: 'message_mark_sending',
    text: `update message m set status = 'sending', owner = $2, sending_at = $3, attempts = s.attempt, next_attempt_at = null,
             lane_marks = null, held_by = null, address_hash = s.address_hash, address_node_kind = s.node_kind, address_node = s.node, content_hash = s.content_hash, shown = s.shown, history = m.history || s.moments::jsonb
           from unnest($4::uuid[], $5::smallint[], $6::uuid[], $7::bytea[], $8::text[], $9::bytea[],
             $10::smallint[], $11::bigint[]) as s(id, attempt, address_hash, content_hash, moments, shown, node_kind, node)
           where m.workspace_id = $1 and m.id = s.id and m.status = 'queued'`,
    values: [
      workspaceId,
      owner,
      new Date(now),
      marks.map((s) => s.id),
      marks.map((s) => s.attempt),
      marks.map((s) => s.addressHash),
      marks.map((s) => s.contentHash),
      marks.map((s) => moments({ at: now, what: 'sending', attempt: s.attempt })),
      marks.map((s) => s.shown ?? null),
      marks.map((s) => s.addressNode.kind),
      marks.map((s) => s.addressNode.id),
    ],
  });
  if (rowCount !== marks.length) throw new Error(`marked ${rowCount} of ${marks.length} messages as sending`);
}

export function moments(...lines: readonly MessageMoment[]): string {
  return JSON.stringify(lines);
}

function prefixed(columns: string): string {
  return columns
    .split(',')
    .map((column) => `m.${column.trim()}`)
    .join(', ');
}
