import type { NodeRef } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import type { SignalKind } from './read-signals.ts';

export interface NewSignal {
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly kind: SignalKind;
  readonly fingerprint: string;
  readonly occurredAt: number;
  readonly source: number | undefined;
  readonly cause: string;
  readonly decoded: JsonObject | undefined;
  readonly error: string | undefined;
  readonly proof: Buffer | undefined;
}

/** Appends signals; one whose cause is known already changes nothing. */
export async function insertSignals(
  sql: Sql,
  workspaceId: number,
  { signals, nowMs }: { signals: readonly NewSignal[]; nowMs: number },
): Promise<void> {
  if (signals.length === 0) return;
  await sql.query({
    name: 'consent_signal_insert',
    text: `insert into consent_signal (workspace_id, id, profile_id, said_by, node_kind, node_id, kind, fingerprint, occurred_at,
             recorded_at, source, cause, decoded, error, proof)
           select $1, s.id, s.profile_id, s.profile_id, s.node_kind, s.node_id, s.kind, s.fingerprint, to_timestamp(s.occurred_ms / 1000),
             to_timestamp($2::float8 / 1000), s.source, s.cause, s.decoded, s.error, s.proof
           from unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::bigint[], $7::text[], $8::text[], $9::float8[],
             $10::integer[], $11::text[], $12::jsonb[], $13::text[], $14::bytea[])
             as s(id, profile_id, node_kind, node_id, kind, fingerprint, occurred_ms, source, cause, decoded, error, proof)
           on conflict (workspace_id, cause, kind) do nothing`,
    values: [
      workspaceId,
      nowMs,
      signals.map((one) => one.id),
      signals.map((one) => one.profileId),
      signals.map((one) => one.node.kind),
      signals.map((one) => one.node.id),
      signals.map((one) => one.kind),
      signals.map((one) => one.fingerprint),
      signals.map((one) => one.occurredAt),
      signals.map((one) => one.source ?? null),
      signals.map((one) => one.cause),
      signals.map((one) => (one.decoded === undefined ? null : JSON.stringify(one.decoded))),
      signals.map((one) => one.error ?? null),
      signals.map((one) => one.proof ?? null),
    ],
  });
}

/** A signal that was the last and was sent again after one that became known only later. */
export interface RepeatedSignal {
  readonly id: string;
  readonly profileId: string;
  readonly kind: SignalKind;
  readonly fingerprint: string;
  /** When it was sent again. */
  readonly atMs: number;
  readonly cause: string;
}

/** Records signals again at the instant they were sent again, as they were recorded; at most once for an instant. */
export async function repeatSignals(
  sql: Sql,
  workspaceId: number,
  { repeats, nowMs }: { repeats: readonly RepeatedSignal[]; nowMs: number },
): Promise<void> {
  if (repeats.length === 0) return;
  await sql.query({
    text: `insert into consent_signal (workspace_id, id, profile_id, said_by, node_kind, node_id, kind, fingerprint, occurred_at,
             recorded_at, source, cause, decoded, error, proof)
           select $1, r.id, s.profile_id, s.said_by, s.node_kind, s.node_id, s.kind, s.fingerprint, to_timestamp(r.at_ms / 1000),
             to_timestamp($2::float8 / 1000), s.source, r.cause, s.decoded, s.error, s.proof
           from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::float8[], $8::text[])
               as r(id, profile_id, kind, fingerprint, at_ms, cause)
             cross join lateral (
               select * from consent_signal c
               where c.workspace_id = $1 and c.profile_id = r.profile_id and c.kind = r.kind and c.fingerprint = r.fingerprint
               order by c.occurred_at desc, c.id desc limit 1
             ) s
           where s.occurred_at < to_timestamp(r.at_ms / 1000)
           on conflict (workspace_id, cause, kind) do nothing`,
    values: [
      workspaceId,
      nowMs,
      repeats.map((one) => one.id),
      repeats.map((one) => one.profileId),
      repeats.map((one) => one.kind),
      repeats.map((one) => one.fingerprint),
      repeats.map((one) => one.atMs),
      repeats.map((one) => one.cause),
    ],
  });
}

/** Gives the signals of merged profiles to those they became part of. */
export async function moveSignals(
  sql: Sql,
  workspaceId: number,
  moves: readonly { readonly fromId: string; readonly intoId: string }[],
): Promise<void> {
  if (moves.length === 0) return;
  await sql.query({
    name: 'consent_signal_move',
    text: `update consent_signal s set profile_id = m.into_id from unnest($2::uuid[], $3::uuid[]) as m(from_id, into_id)
           where s.workspace_id = $1 and s.profile_id = m.from_id`,
    values: [workspaceId, moves.map((move) => move.fromId), moves.map((move) => move.intoId)],
  });
}

/** Gives the signals filed under nodes to whoever has the nodes now. */
export async function handOverSignals(
  sql: Sql,
  workspaceId: number,
  nodes: readonly { readonly nodeId: number; readonly fromId: string; readonly intoId: string }[],
): Promise<void> {
  if (nodes.length === 0) return;
  await sql.query({
    text: `update consent_signal s set profile_id = m.into_id
           from unnest($2::bigint[], $3::uuid[], $4::uuid[]) as m(node_id, from_id, into_id)
           where s.workspace_id = $1 and s.profile_id = m.from_id and s.node_id = m.node_id`,
    values: [
      workspaceId,
      nodes.map((one) => one.nodeId),
      nodes.map((one) => one.fromId),
      nodes.map((one) => one.intoId),
    ],
  });
}

export interface SignalRow {
  id: string;
  profile_id: string;
  said_by: string;
  kind: SignalKind;
  fingerprint: string;
  occurred_ms: number;
  recorded_ms: number;
  source: number | null;
  decoded: JsonObject | null;
  error: string | null;
  proof: Buffer | null;
}

const COLUMNS = `id, profile_id, said_by, kind, fingerprint, source, decoded, error, proof,
  (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms, (extract(epoch from recorded_at) * 1000)::float8 as recorded_ms`;

/** The last signal of each kind that was said under each identifier of these profiles. */
export async function findLastSignals(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<SignalRow[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<SignalRow>({
    text: `select distinct on (profile_id, kind, node_id) ${COLUMNS} from consent_signal
           where workspace_id = $1 and profile_id = any($2::uuid[])
           order by profile_id, kind, node_id, occurred_at desc, fingerprint desc`,
    values: [workspaceId, profileIds],
  });
  return rows;
}

/** A signal as far as it matters to what a destination may get. */
export interface SaidRow {
  profile_id: string;
  said_by: string;
  node_id: number;
  seq: number;
  kind: SignalKind;
  occurred_ms: number;
  decoded: JsonObject | null;
}

/** The newest TCF and GPP strings and GPC of these profiles, at most `limit` each. Served by `consent_signal_profile`. */
export async function findSaidSignals(
  sql: Sql,
  workspaceId: number,
  { profileIds, limit }: { profileIds: readonly string[]; limit: number },
): Promise<SaidRow[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<SaidRow>({
    name: 'consent_signal_said',
    text: `select s.profile_id, s.said_by, s.node_id::float8 as node_id, s.seq::float8 as seq, s.kind, s.decoded,
             (extract(epoch from s.occurred_at) * 1000)::float8 as occurred_ms
           from unnest($2::uuid[]) as p(id)
             cross join lateral (
               select * from consent_signal c
               where c.workspace_id = $1 and c.profile_id = p.id and c.kind in ('tcf', 'gpp', 'gpc')
               order by c.occurred_at desc, c.id desc limit $3::int
             ) s`,
    values: [workspaceId, profileIds, limit],
  });
  return rows;
}

/** Newest first; one row more than `limit` when there are more. */
export async function pageSignals(
  sql: Sql,
  workspaceId: number,
  options: {
    profileId: string;
    kind: SignalKind | undefined;
    limit: number;
    after: readonly (string | number)[] | undefined;
  },
): Promise<SignalRow[]> {
  const [occurredMs, id] = options.after ?? [null, null];
  const { rows } = await sql.query<SignalRow>({
    text: `select ${COLUMNS} from consent_signal
           where workspace_id = $1 and profile_id = $2 and ($6::text is null or kind = $6)
             and ($4::float8 is null or (occurred_at, id) < (to_timestamp($4 / 1000), $5::uuid))
           order by occurred_at desc, id desc limit $3::int + 1`,
    values: [workspaceId, options.profileId, options.limit, occurredMs, id, options.kind ?? null],
  });
  return rows;
}
