import type { Sql } from '../../../platform/postgres/index.ts';

/** An address that said stop or start on a channel, and when. */
export interface AddressWord {
  readonly channel: string;
  readonly addressHash: string;
  readonly occurredAt: number;
}

/** Suppresses addresses that said stop. Said again it counts as said last, so that no start in between lifts it. */
export async function suppressStopped(
  sql: Sql,
  workspaceId: number,
  { words, nowMs }: { words: readonly AddressWord[]; nowMs: number },
): Promise<void> {
  if (words.length === 0) return;
  await sql.query({
    name: 'suppression_stop',
    text: `insert into suppression as s (workspace_id, address_hash, channel, reason, source, occurred_at, created_at)
           select $1, w.address_hash, w.channel, 'unsubscribe_all', 'opt_word', to_timestamp(max(w.occurred_ms) / 1000),
             to_timestamp($5::float8 / 1000)
           from unnest($2::uuid[], $3::text[], $4::float8[]) as w(address_hash, channel, occurred_ms)
           group by w.address_hash, w.channel order by w.address_hash, w.channel
           on conflict (workspace_id, address_hash, channel, reason)
           do update set occurred_at = greatest(s.occurred_at, excluded.occurred_at)`,
    values: [...columnsOf(workspaceId, words), nowMs],
  });
}

/** Lifts what an earlier stop said; bounces, complaints and what a member suppressed stay. */
export async function liftStopped(sql: Sql, workspaceId: number, words: readonly AddressWord[]): Promise<void> {
  if (words.length === 0) return;
  await sql.query({
    name: 'suppression_start',
    text: `delete from suppression s using unnest($2::uuid[], $3::text[], $4::float8[]) as w(address_hash, channel, occurred_ms)
           where s.workspace_id = $1 and s.address_hash = w.address_hash and s.channel = w.channel
             and s.reason = 'unsubscribe_all' and s.occurred_at < to_timestamp(w.occurred_ms / 1000)`,
    values: columnsOf(workspaceId, words),
  });
}

function columnsOf(workspaceId: number, words: readonly AddressWord[]): unknown[] {
  return [
    workspaceId,
    words.map((word) => word.addressHash),
    words.map((word) => word.channel),
    words.map((word) => word.occurredAt),
  ];
}

/** The last yes and the last no of a profile about a channel and topic, by how and for which address it was said. */
export interface ChannelWord {
  profile_id: string;
  channel: string;
  topic: string;
  status: 'granted' | 'denied';
  confirmed: boolean;
  address_hash: string | null;
  occurred_ms: number;
}

/** The last word of either kind on each channel and topic. */
export async function findChannelWords(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<ChannelWord[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<ChannelWord>({
    name: 'consent_channel_words',
    text: `select profile_id, channel, topic, status, confirmed, address_hash, (extract(epoch from max(occurred_at)) * 1000)::float8 as occurred_ms
           from consent_record where workspace_id = $1 and profile_id = any($2::uuid[]) and status <> 'pending'
           group by profile_id, channel, topic, status, confirmed, address_hash`,
    values: [workspaceId, profileIds],
  });
  return rows;
}
