import type { Sql } from '../../platform/postgres/index.ts';
import type { SuppressionReason } from './permission.ts';

/** An address that must not be used, and why. */
export interface Suppression {
  readonly channel: string;
  /** From `addressHash`. */
  readonly addressHash: string;
  readonly reason: SuppressionReason;
  readonly occurredAt: number;
  /** Who or what asked for it. */
  readonly source: string;
}

export async function insertSuppressions(
  sql: Sql,
  workspaceId: number,
  options: { suppressions: readonly Suppression[]; nowMs: number },
): Promise<void> {
  const { suppressions, nowMs } = options;
  if (suppressions.length === 0) return;
  await sql.query({
    name: 'suppression_insert',
    text: `insert into suppression (workspace_id, address_hash, channel, reason, source, occurred_at, created_at)
           select $1, s.address_hash, s.channel, s.reason, s.source, to_timestamp(s.occurred_ms / 1000), to_timestamp($7::float8 / 1000)
           from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[])
             as s(address_hash, channel, reason, source, occurred_ms)
           order by s.address_hash, s.channel, s.reason
           on conflict do nothing`,
    values: [
      workspaceId,
      suppressions.map((one) => one.addressHash),
      suppressions.map((one) => one.channel),
      suppressions.map((one) => one.reason),
      suppressions.map((one) => one.source),
      suppressions.map((one) => one.occurredAt),
      nowMs,
    ],
  });
}

/** Lifts one reason, or all of them; answers how many rows went. */
export async function deleteSuppressions(
  sql: Sql,
  workspaceId: number,
  options: { channel: string; addressHash: string; reason: SuppressionReason | undefined },
): Promise<number> {
  const { rowCount } = await sql.query({
    text: `delete from suppression
           where workspace_id = $1 and address_hash = $2 and channel = $3 and ($4::text is null or reason = $4)`,
    values: [workspaceId, options.addressHash, options.channel, options.reason ?? null],
  });
  return rowCount;
}

export interface SuppressionRow {
  channel: string;
  address_hash: string;
  reason: SuppressionReason;
  source: string;
  occurred_ms: number;
  created_ms: number;
}

const ROW_COLUMNS = `channel, address_hash, reason, source,
  (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms, (extract(epoch from created_at) * 1000)::float8 as created_ms`;

/** Why addresses must not be used; an address may have several reasons. */
export async function findSuppressions(
  sql: Sql,
  workspaceId: number,
  addressHashes: readonly string[],
): Promise<SuppressionRow[]> {
  if (addressHashes.length === 0) return [];
  const { rows } = await sql.query<SuppressionRow>({
    name: 'suppression_find',
    text: `select ${ROW_COLUMNS} from suppression where workspace_id = $1 and address_hash = any($2::uuid[])`,
    values: [workspaceId, addressHashes],
  });
  return rows;
}

/** Newest first; one row more than `limit` when there are more. */
export async function pageSuppressions(
  sql: Sql,
  workspaceId: number,
  options: { limit: number; channel: string | undefined; after: readonly (string | number)[] | undefined },
): Promise<SuppressionRow[]> {
  const [createdMs, hash, channel, reason] = options.after ?? [null, null, null, null];
  const { rows } = await sql.query<SuppressionRow>({
    text: `select ${ROW_COLUMNS} from suppression
           where workspace_id = $1 and ($2::text is null or channel = $2)
             and ($4::float8 is null or created_at < to_timestamp($4 / 1000)
               or (created_at = to_timestamp($4 / 1000) and (address_hash, channel, reason) > ($5::uuid, $6::text, $7::text)))
           order by created_at desc, address_hash, channel, reason limit $3::int + 1`,
    values: [workspaceId, options.channel ?? null, options.limit, createdMs, hash, channel, reason],
  });
  return rows;
}
