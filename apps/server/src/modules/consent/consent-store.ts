import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { RecordStatus } from './consent-status.ts';
import type { LegalBasis } from './permission.ts';
import type { SaidWord } from './weigh-words.ts';

/** Which text a customer was shown. */
export interface WordingRef {
  readonly id: string;
  readonly version: number;
}

/** A record as it is stored. */
export interface NewRecord {
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly channel: string;
  readonly topic: string;
  readonly status: RecordStatus;
  readonly isConfirmed: boolean;
  /** The address a yes was confirmed for. */
  readonly addressHash: string | undefined;
  readonly legalBasis: LegalBasis;
  readonly wording: WordingRef | undefined;
  readonly occurredAt: number;
  readonly source: string;
  readonly cause: string;
  readonly proof: Buffer | undefined;
}

/**
 * Appends records. One whose cause is known already changes nothing; answers the ids of those that were new. What counts
 * now is brought up to date by `refreshStates`.
 */
export async function insertRecords(
  sql: Sql,
  workspaceId: number,
  options: { records: readonly NewRecord[]; nowMs: number },
): Promise<ReadonlySet<string>> {
  const { records, nowMs } = options;
  if (records.length === 0) return new Set();
  const { rows } = await sql.query<{ id: string }>({
    name: 'consent_record_insert',
    text: `insert into consent_record (workspace_id, id, profile_id, said_by, node_kind, node_id, channel, topic, status,
             occurred_at, recorded_at, source, cause, proof, confirmed, address_hash, legal_basis, wording, wording_version)
           select $1, r.id, r.profile_id, r.profile_id, r.node_kind, r.node_id, r.channel, r.topic, r.status,
             to_timestamp(r.occurred_ms / 1000), to_timestamp($2::float8 / 1000), r.source, r.cause, r.proof, r.confirmed,
             r.address_hash, r.legal_basis, r.wording, r.wording_version
           from unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
             $10::float8[], $11::text[], $12::text[], $13::bytea[], $14::boolean[], $15::uuid[], $16::text[], $17::text[],
             $18::integer[])
             as r(id, profile_id, node_kind, node_id, channel, topic, status, occurred_ms, source, cause, proof, confirmed,
               address_hash, legal_basis, wording, wording_version)
           on conflict (workspace_id, cause, channel, topic) do nothing
           returning id`,
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
      records.map((one) => one.addressHash ?? null),
      records.map((one) => one.legalBasis),
      records.map((one) => one.wording?.id ?? null),
      records.map((one) => one.wording?.version ?? null),
    ],
  });
  return new Set(rows.map((row) => row.id));
}

/** Everything these profiles said, by profile: what is needed to weigh it. Served by `consent_record_profile`. */
export async function findWords(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, SaidWord[]>> {
  const words = new Map<string, SaidWord[]>();
  if (profileIds.length === 0) return words;
  const { rows } = await sql.query<
    Omit<WordRow, 'record_id'> & { id: string; said_by: string; node_id: number; seq: number }
  >({
    name: 'consent_words_find',
    text: `select id, profile_id, said_by, node_id, seq, channel, topic, status, confirmed, address_hash,
             (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms
           from consent_record where workspace_id = $1 and profile_id = any($2::uuid[])`,
    values: [workspaceId, profileIds],
  });
  for (const row of rows) {
    const { profile_id: profileId, channel, topic, status, seq } = row;
    const word: SaidWord = {
      recordId: row.id,
      seq,
      occurredAt: row.occurred_ms,
      nodeId: row.node_id,
      saidBy: row.said_by,
      channel,
      topic,
      status,
      isConfirmed: row.confirmed,
      addressHash: row.address_hash ?? undefined,
    };
    const known = words.get(profileId);
    if (known === undefined) words.set(profileId, [word]);
    else known.push(word);
  }
  return words;
}

/** What counts, as it is kept: one row for the no, one for what waits, one for each yes. */
export interface WordRow {
  profile_id: string;
  channel: string;
  topic: string;
  status: RecordStatus;
  confirmed: boolean;
  address_hash: string | null;
  occurred_ms: number;
  record_id: string;
}

/** Replaces what counts of these profiles. */
export async function writeStates(
  sql: Sql,
  workspaceId: number,
  { profileIds, rows }: { profileIds: readonly string[]; rows: readonly WordRow[] },
): Promise<void> {
  await sql.query({
    name: 'consent_state_clear',
    text: 'delete from consent_state where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, profileIds],
  });
  if (rows.length === 0) return;
  await sql.query({
    name: 'consent_state_insert',
    text: `insert into consent_state (workspace_id, profile_id, channel, topic, status, confirmed, address_hash, occurred_at, record_id)
           select $1, s.profile_id, s.channel, s.topic, s.status, s.confirmed, s.address_hash,
             to_timestamp(s.occurred_ms / 1000), s.record_id
           from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::uuid[], $8::float8[], $9::uuid[])
             as s(profile_id, channel, topic, status, confirmed, address_hash, occurred_ms, record_id)`,
    values: [
      workspaceId,
      rows.map((row) => row.profile_id),
      rows.map((row) => row.channel),
      rows.map((row) => row.topic),
      rows.map((row) => row.status),
      rows.map((row) => row.confirmed),
      rows.map((row) => row.address_hash),
      rows.map((row) => row.occurred_ms),
      rows.map((row) => row.record_id),
    ],
  });
}

/** What counts of many profiles at once. Served by `consent_state_profile`. */
export async function findStates(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<WordRow[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<WordRow>({
    name: 'consent_state_find',
    text: `select profile_id, channel, topic, status, confirmed, address_hash, record_id,
             (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms
           from consent_state where workspace_id = $1 and profile_id = any($2::uuid[])`,
    values: [workspaceId, profileIds],
  });
  return rows;
}

/** Who said something of a topic, which may be before it was made: events name any. Reads the workspace's states. */
export async function findProfilesAsked(sql: Sql, workspaceId: number, topic: string): Promise<string[]> {
  const { rows } = await sql.query<{ profile_id: string }>({
    text: 'select distinct profile_id from consent_state where workspace_id = $1 and topic = $2',
    values: [workspaceId, topic],
  });
  return rows.map((row) => row.profile_id);
}

export interface RecordRow extends Omit<WordRow, 'record_id'> {
  id: string;
  legal_basis: LegalBasis;
  wording: string | null;
  wording_version: number | null;
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
    text: `select id, profile_id, channel, topic, status, confirmed, address_hash, legal_basis, wording,
             wording_version, source, proof,
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

/** What these profiles said, oldest first. */
export async function pageRecordsOf(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<
  Pick<RecordRow, 'profile_id' | 'channel' | 'topic' | 'status' | 'source' | 'confirmed' | 'proof' | 'occurred_ms'>[]
> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<RecordRow>({
    text: `select profile_id, channel, topic, status, source, confirmed, proof,
             (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms
           from consent_record where workspace_id = $1 and profile_id = any($2::uuid[])
           order by profile_id, occurred_at, id`,
    values: [workspaceId, profileIds],
  });
  return rows;
}

/** Records by their ids; those of other workspaces are not found. */
export async function findRecords(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<RecordRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<RecordRow>({
    text: `select id, profile_id, channel, topic, status, confirmed, address_hash, legal_basis, wording,
             wording_version, source, proof,
             (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms,
             (extract(epoch from recorded_at) * 1000)::float8 as recorded_ms
           from consent_record where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, ids],
  });
  return rows;
}
