import type { NodeRef } from '../../platform/eventlog/index.ts';
import { isRetryable, type Sql } from '../../platform/postgres/index.ts';
import { moments, type SourceColumns, toSource } from './message-store.ts';
import type { ChannelName, MessageMoment, MessageSource } from './types.ts';

/** What a message's own events need. */
export interface EndedMessage {
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly addressHash: string | undefined;
  readonly channel: ChannelName;
  readonly topic: string;
  readonly templateId: string | undefined;
  readonly source: MessageSource;
}

interface EndedRow extends SourceColumns {
  id: string;
  profile_id: string;
  node_kind: number;
  node_id: number;
  address_hash: string | null;
  channel: ChannelName;
  topic: string;
  template_id: string | null;
}

const ENDED_COLUMNS = `m.id, m.profile_id, coalesce(m.address_node_kind, m.node_kind) as node_kind,
  coalesce(m.address_node, m.node_id) as node_id, m.address_hash, m.channel, m.topic, m.template_id,
  m.source, m.journey_id, m.journey_version, m.run_id, m.step_id, m.confirmation_id`;

function toEnded(row: EndedRow): EndedMessage {
  return {
    id: row.id,
    profileId: row.profile_id,
    node: { kind: row.node_kind, id: row.node_id },
    addressHash: row.address_hash ?? undefined,
    channel: row.channel,
    topic: row.topic,
    templateId: row.template_id ?? undefined,
    source: toSource(row),
  };
}

export interface OutcomeWrite {
  readonly id: string;
  readonly status: 'sent' | 'failed' | 'unknown' | 'queued';
  readonly reason: string;
  /** For `queued`: the next attempt. */
  readonly nextAttemptAt: number | undefined;
  readonly moment: MessageMoment;
}

/**
 * Writes outcomes of this process's attempts; answers the messages it changed, so that a repeat tells nothing twice.
 * What another process took for lost meanwhile (`unknown`) is put right by proof, but never queued again.
 */
export async function writeOutcomes(
  sql: Sql,
  workspaceId: number,
  options: { outcomes: readonly OutcomeWrite[]; owner: string; now: number },
): Promise<EndedMessage[]> {
  const { owner, now } = options;
  const outcomes = [...options.outcomes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { rows } = await sql.query<EndedRow>({
    name: 'message_write_outcomes',
    text: `with locked as (
             select id from message where workspace_id = $1 and id = any($4::uuid[]) order by id for update
           )
           update message m set status = o.status, reason = o.reason, next_attempt_at = o.next_at, owner = null,
             ended_at = case when o.status = 'queued' then null else $3::timestamptz end, history = m.history || o.moments::jsonb
           from unnest($4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::text[]) as o(id, status, reason, next_at, moments)
           join locked on locked.id = o.id
           where m.workspace_id = $1 and m.id = o.id
             and ((m.status = 'sending' and m.owner = $2) or (m.status = 'unknown' and m.owner = $2 and o.status in ('sent', 'failed')))
           returning ${ENDED_COLUMNS}`,
    values: [
      workspaceId,
      owner,
      new Date(now),
      outcomes.map((o) => o.id),
      outcomes.map((o) => o.status),
      outcomes.map((o) => o.reason),
      outcomes.map((o) => (o.nextAttemptAt === undefined ? null : new Date(o.nextAttemptAt))),
      outcomes.map((o) => moments(o.moment)),
    ],
  });
  return rows.map(toEnded);
}

const BEAT_FRESH_SECONDS = 10;

/**
 * Messages left in `sending`: by a process without a connection and without a fresh beat, or by this one without being
 * under way. Served by `message_sending`; the process list is asked once per owner.
 */
export async function findStrandedMessages(
  sql: Sql,
  options: { processId: string; inFlight: readonly string[]; limit: number },
): Promise<Map<number, string[]>> {
  // every workspace: a process dies for all of them at once.
  const { rows } = await sql.query<{ workspace_id: number; id: string }>({
    name: 'message_find_stranded',
    text: `with dead as materialized (
             select o.owner from (select distinct owner from message where status = 'sending') o
             where o.owner <> $1
               and not exists (select from pg_stat_activity a where a.application_name = 'segue ' || o.owner)
               and not exists (
                 select from server_process p
                 where p.id = o.owner and p.beat_at > now() - make_interval(secs => ${BEAT_FRESH_SECONDS}))
           )
           select workspace_id, id from message
           where status = 'sending' and (owner in (select owner from dead) or (owner = $1 and not id = any($2::uuid[])))
           limit $3`,
    values: [options.processId, options.inFlight, options.limit],
  });
  const byWorkspace = new Map<number, string[]>();
  for (const row of rows) {
    const ids = byWorkspace.get(row.workspace_id);
    if (ids === undefined) byWorkspace.set(row.workspace_id, [row.id]);
    else ids.push(row.id);
  }
  return byWorkspace;
}

/** The owner stays, so that one that was only cut off can still tell what became of it. */
export async function markUnknown(
  sql: Sql,
  workspaceId: number,
  options: { ids: readonly string[]; reason: string; now: number },
): Promise<EndedMessage[]> {
  const { ids, reason, now } = options;
  const { rows } = await sql.query<EndedRow>({
    name: 'message_mark_unknown',
    text: `with locked as (
             select id from message where workspace_id = $1 and id = any($2::uuid[]) and status = 'sending' order by id for update
           )
           update message m set status = 'unknown', reason = $3, ended_at = $4, history = m.history || $5::jsonb
           from locked where m.workspace_id = $1 and m.id = locked.id and m.status = 'sending'
           returning ${ENDED_COLUMNS}`,
    values: [workspaceId, ids, reason, new Date(now), moments({ at: now, what: 'unknown', reason })],
  });
  return rows.map(toEnded);
}

export interface Receipt {
  readonly id: string;
  readonly kind: 'delivered' | 'opened' | 'clicked' | 'machine_opened' | 'machine_clicked' | 'bounced';
  readonly at: number;
}

/**
 * Keeps the first time of each kind, whatever order receipts come in. A receipt is also proof: what was unknown was sent.
 * Example: an "opened" for a message left `unknown` makes it `sent`, a "bounced" makes it `failed`.
 */
export async function applyReceipts(sql: Sql, workspaceId: number, receipts: readonly Receipt[]): Promise<void> {
  if (receipts.length === 0) return;
  await sql.query({
    name: 'message_apply_receipts',
    text: `update message m set
             delivered_at = least(m.delivered_at, r.delivered), opened_at = least(m.opened_at, r.opened),
             clicked_at = least(m.clicked_at, r.clicked), machine_opened_at = least(m.machine_opened_at, r.machine_opened),
             machine_clicked_at = least(m.machine_clicked_at, r.machine_clicked), bounced_at = least(m.bounced_at, r.bounced),
             status = case when m.status <> 'unknown' then m.status
               when coalesce(r.delivered, r.opened, r.clicked, r.machine_opened, r.machine_clicked) is not null then 'sent'
               else 'failed' end
           from (
             select id, min(at) filter (where kind = 'delivered') as delivered, min(at) filter (where kind = 'opened') as opened,
               min(at) filter (where kind = 'clicked') as clicked, min(at) filter (where kind = 'bounced') as bounced,
               min(at) filter (where kind = 'machine_opened') as machine_opened,
               min(at) filter (where kind = 'machine_clicked') as machine_clicked
             from unnest($2::uuid[], $3::text[], $4::timestamptz[]) as u(id, kind, at) group by id
           ) r
           where m.workspace_id = $1 and m.id = r.id`,
    values: [workspaceId, receipts.map((r) => r.id), receipts.map((r) => r.kind), receipts.map((r) => new Date(r.at))],
  });
}

/** The database was away or the transaction lost a race: nothing is wrong with the messages. */
export function isPassingFault(error: unknown): boolean {
  return isRetryable(error);
}
