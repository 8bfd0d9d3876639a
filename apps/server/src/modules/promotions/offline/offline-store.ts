import type { CouponTerms } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { CouponExceptionKind } from '../exceptions/exception-store.ts';

export interface SigningKeyRow {
  public_key: Buffer;
  sealed_key: Buffer;
}

export async function findSigningKey(sql: Sql, workspaceId: number): Promise<SigningKeyRow | undefined> {
  const { rows } = await sql.query<SigningKeyRow>({
    name: 'coupon_signing_key',
    text: 'select public_key, sealed_key from coupon_signing_key where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0];
}

/** Of two who make one at once, the first one's is kept. */
export async function insertSigningKey(
  sql: Sql,
  workspaceId: number,
  key: SigningKeyRow & { at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into coupon_signing_key (workspace_id, public_key, sealed_key, created_at) values ($1, $2, $3, $4)
           on conflict do nothing`,
    values: [workspaceId, key.public_key, key.sealed_key, key.at],
  });
}

export interface OfflineCampaignRow {
  id: string;
  name: string;
  version: number;
  terms: CouponTerms;
  profile_limit: number | null;
  /** Its shared codes, normalised. */
  codes: string[];
}

/** Active campaigns that tills may take without a connection. */
export async function listOfflineCampaigns(
  sql: Sql,
  workspaceId: number,
  limit: number,
): Promise<OfflineCampaignRow[]> {
  const { rows } = await sql.query<OfflineCampaignRow>({
    text: `select c.id, c.name, c.version, v.terms, c.profile_limit, array(
             select k.normalised from coupon_code k
             where k.workspace_id = c.workspace_id and k.campaign_id = c.id and k.is_shared and k.standing <> 'void'
             order by k.id) as codes
           from coupon_campaign c
           join coupon_campaign_version v on v.workspace_id = c.workspace_id and v.campaign_id = c.id and v.version = c.version
           where c.workspace_id = $1 and c.state = 'active' and v.terms ? 'offlineCap' order by c.id limit $2`,
    values: [workspaceId, limit],
  });
  return rows;
}

export interface OfflineEntryRow {
  sequence: number;
  fingerprint: Buffer;
  outcome: 'redeemed' | 'exception';
  exception: CouponExceptionKind | null;
  redemption_id: string | null;
}

/** One delivery of a device at a time, until the transaction ends. */
export async function lockDevice(sql: Sql, workspaceId: number, deviceId: string): Promise<void> {
  await sql.query({
    name: 'coupon_device_lock',
    text: 'select pg_advisory_xact_lock(hashtextextended($2, $1)) /* workspace_id is the seed */',
    values: [workspaceId, `coupon device ${deviceId}`],
  });
}

export async function listOfflineEntries(
  sql: Sql,
  workspaceId: number,
  { deviceId, sequences }: { deviceId: string; sequences: readonly number[] },
): Promise<OfflineEntryRow[]> {
  const { rows } = await sql.query<OfflineEntryRow>({
    name: 'coupon_offline_list',
    text: `select sequence, fingerprint, outcome, exception, redemption_id from coupon_offline_entry
           where workspace_id = $1 and device_id = $2 and sequence = any($3::bigint[])`,
    values: [workspaceId, deviceId, arrayLiteral(sequences)],
  });
  return rows;
}

export async function insertOfflineEntries(
  sql: Sql,
  workspaceId: number,
  { deviceId, entries, at }: { deviceId: string; entries: readonly OfflineEntryRow[]; at: Date },
): Promise<void> {
  if (entries.length === 0) return;
  await sql.query({
    name: 'coupon_offline_insert',
    text: `insert into coupon_offline_entry
             (workspace_id, device_id, sequence, fingerprint, outcome, exception, redemption_id, at)
           select $1::integer, $2::text, sequence, fingerprint, outcome, exception, redemption_id, $8::timestamptz
           from unnest($3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::uuid[])
             as e(sequence, fingerprint, outcome, exception, redemption_id)`,
    values: [
      workspaceId,
      deviceId,
      arrayLiteral(entries.map((one) => one.sequence)),
      entries.map((one) => one.fingerprint),
      entries.map((one) => one.outcome),
      entries.map((one) => one.exception),
      entries.map((one) => one.redemption_id),
      at,
    ],
  });
}
