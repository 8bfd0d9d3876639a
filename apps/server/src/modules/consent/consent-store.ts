import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { ConsentStatus, RecordStatus, Word } from './permission.ts';

/** A record as it is stored. */
export interface NewRecord {
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly channel: string;
  readonly topic: string;
  readonly status: RecordStatus;
  readonly isConfirmed: boolean;
  readonly occurredAt: number;
  readonly source: string;
  readonly cause: string;
  readonly proof: Buffer | undefined;
}

const NEWER = `(excluded.occurred_at, excluded.status = 'denied', excluded.confirmed) > (s.occurred_at, s.status = 'denied', s.confirmed)`;
const UPSERT_STATE = `
  insert into consent_state as s (workspace_id, profile_id, channel, topic, status, occurred_at, confirmed, record_id)
  select $1, n.profile_id, n.channel, n.topic, n.status, n.occurred_at, n.confirmed, n.record_id from newest n
  order by n.profile_id, n.channel, n.topic
  on conflict (workspace_id, profile_id, channel, topic)
  do update set status = excluded.status, occurred_at = excluded.occurred_at, confirmed = excluded.confirmed,
    record_id = excluded.record_id
  where ${NEWER}`;

/**
 * Appends records and brings the last word up to date, which what is pending never becomes. A record whose cause is known
 * already changes nothing; answers the ids of those that were new.
 */
export async function insertRecords(
  sql: Sql,
  workspaceId: number,
  options: { records: readonly NewRecord[]; nowMs: number },
): Promise<ReadonlySet<string>> {
  const { records, nowMs } = options;
  if (records.length === 0) return new Set();
  const { rows } = await sql.query<{ record_id: string }>({
    name: 'consent_record_insert',
    text: `with inserted as (
             insert into consent_record (workspace_id, id, profile_id, node_kind, node_id, channel, topic, status,
               occurred_at, recorded_at, source, cause, proof, confirmed)
             select $1, r.id, r.profile_id, r.node_kind, r.node_id, r.channel, r.topic, r.status,
               to_timestamp(r.occurred_ms / 1000), to_timestamp($2::float8 / 1000), r.source, r.cause, r.proof, r.confirmed
             from unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
               $10::float8[], $11::text[], $12::text[], $13::bytea[], $14::boolean[])
               as r(id, profile_id, node_kind, node_id, channel, topic, status, occurred_ms, source, cause, proof, confirmed)
             on conflict (workspace_id, cause, channel, topic) do nothing
             returning id as record_id, profile_id, channel, topic, status, occurred_at, confirmed
           ), newest as (
             select distinct on (profile_id, channel, topic) * from inserted where status <> 'pending'
             order by profile_id, channel, topic, occurred_at desc, (status = 'denied') desc, confirmed desc, record_id
           ), upserted as (${UPSERT_STATE})
           select record_id from inserted`,
    values: [
      workspaceId,
      nowMs,
      records.map((one) => one.id),
      records.map((one) => one.profileId),
      records.map((one) => one.node.kind),
      records.map((one) => one.node.id),
      records.map((one) => one.channel),
      records.map((one) => one.topic),
      records.map((one) => one.status),
      records.map((one) => one.occurredAt),
      records.map((one) => one.source),
      records.map((one) => one.cause),
      records.map((one) => one.proof ?? null),
      records.map((one) => one.isConfirmed),
    ],
  });
  return new Set(rows.map((row) => row.record_id));
}

/** Gives the records of merged profiles to those they became part of; of two last words the later stays. */
export async function moveRecords(
  sql: Sql,
  workspaceId: number,
  moves: readonly { readonly fromId: string; readonly intoId: string }[],
): Promise<void> {
  if (moves.length === 0) return;
  await sql.query({
    name: 'consent_move',
    text: `with moves as (
             select * from unnest($2::uuid[], $3::uuid[]) as m(from_id, into_id)
           ), records as (
             update consent_record r set profile_id = m.into_id from moves m
             where r.workspace_id = $1 and r.profile_id = m.from_id
           ), confirmations as (
             update consent_confirmation c set profile_id = m.into_id from moves m
             where c.workspace_id = $1 and c.profile_id = m.from_id
           ), gone as (
             delete from consent_state s using moves m
             where s.workspace_id = $1 and s.profile_id = m.from_id
             returning m.into_id as profile_id, s.channel, s.topic, s.status, s.occurred_at, s.confirmed, s.record_id
           ), newest as (
             select distinct on (profile_id, channel, topic) * from gone
             order by profile_id, channel, topic, occurred_at desc, (status = 'denied') desc, confirmed desc, record_id
           ) ${UPSERT_STATE}`,
    values: [workspaceId, moves.map((move) => move.fromId), moves.map((move) => move.intoId)],
  });
}

export interface StateRow {
  profile_id: string;
  channel: string;
  topic: string;
  status: ConsentStatus;
  confirmed: boolean;
  occurred_ms: number;
  record_id: string;
}

export function toWord(row: Pick<StateRow, 'status' | 'occurred_ms' | 'confirmed'>): Word {
  return { status: row.status, occurredAt: row.occurred_ms, isConfirmed: row.confirmed };
}

/** The last words of many profiles at once. */
export async function findStates(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<StateRow[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<StateRow>({
    name: 'consent_state_find',
    text: `select profile_id, channel, topic, status, confirmed, record_id, (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms
           from consent_state where workspace_id = $1 and profile_id = any($2::uuid[])`,
    values: [workspaceId, profileIds],
  });
  return rows;
}

export interface RecordRow extends Omit<StateRow, 'record_id' | 'status'> {
  id: string;
  status: RecordStatus;
  recorded_ms: number;
  source: string;
  proof: Buffer | null;
}

/** What a profile said, newest first; one row more than `limit` when there are more. */
export async function pageRecords(
  sql: Sql,
  workspaceId: number,
  options: { profileId: string; limit: number; after: readonly (string | number)[] | undefined },
): Promise<RecordRow[]> {
  const [occurredMs, id] = options.after ?? [null, null];
  const { rows } = await sql.query<RecordRow>({
    text: `select id, profile_id, channel, topic, status, confirmed, source, proof,
             (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms,
             (extract(epoch from recorded_at) * 1000)::float8 as recorded_ms
           from consent_record
           where workspace_id = $1 and profile_id = $2
             and ($4::float8 is null or (occurred_at, id) < (to_timestamp($4 / 1000), $5::uuid))
           order by occurred_at desc, id desc limit $3::int + 1`,
    values: [workspaceId, options.profileId, options.limit, occurredMs, id],
  });
  return rows;
}
