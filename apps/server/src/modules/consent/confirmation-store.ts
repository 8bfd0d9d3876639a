import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';

export interface NewConfirmation {
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly channel: string;
  readonly topic: string;
  /** Hash of the address that would be asked; undefined while there is none. */
  readonly address: string | undefined;
  /** When the yes was said. */
  readonly saidAt: number;
  readonly askedAt: number;
  readonly expiresAt: number;
}

export async function insertConfirmations(
  sql: Sql,
  workspaceId: number,
  confirmations: readonly NewConfirmation[],
): Promise<void> {
  if (confirmations.length === 0) return;
  await sql.query({
    name: 'confirmation_insert',
    text: `insert into consent_confirmation (workspace_id, id, profile_id, node_kind, node_id, channel, topic, asked_at, expires_at, said_at, asked_address)
           select $1, c.* from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::bigint[], $6::text[], $7::text[],
             $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::uuid[]) as c`,
    values: [
      workspaceId,
      confirmations.map((one) => one.id),
      confirmations.map((one) => one.profileId),
      confirmations.map((one) => one.node.kind),
      confirmations.map((one) => one.node.id),
      confirmations.map((one) => one.channel),
      confirmations.map((one) => one.topic),
      confirmations.map((one) => new Date(one.askedAt)),
      confirmations.map((one) => new Date(one.expiresAt)),
      confirmations.map((one) => new Date(one.saidAt)),
      confirmations.map((one) => one.address ?? null),
    ],
  });
}

export interface ConfirmationRow {
  id: string;
  profile_id: string;
  node_kind: number;
  node_id: number;
  channel: string;
  topic: string;
  asked_at: Date;
  /** Null of those from before it was kept. */
  said_at: Date | null;
  expires_at: Date;
  asked_address: string | null;
  mailed_at: Date | null;
  address_hash: string | null;
  confirmed_at: Date | null;
}

const COLUMNS =
  'id, profile_id, node_kind, node_id, channel, topic, asked_at, said_at, expires_at, asked_address, mailed_at, address_hash, confirmed_at';

/** Keeps others from deciding about these mailboxes until the transaction ends, whichever profiles they decide for. */
export async function lockMailboxes(sql: Sql, workspaceId: number, mailboxHashes: readonly string[]): Promise<void> {
  await sql.query({
    name: 'confirmation_lock_mailboxes',
    text: `select pg_advisory_xact_lock(hashtextextended('confirmations of ' || $1::int || ' ' || hash, 0))
           from (select hash from unnest($2::text[]) as hash order by hash) as hashes`,
    values: [workspaceId, mailboxHashes],
  });
}

/** When these profiles were asked since then. Served by `consent_confirmation_profile`. */
export async function findAskedSince(
  sql: Sql,
  workspaceId: number,
  { profileIds, sinceMs }: { profileIds: readonly string[]; sinceMs: number },
): Promise<ConfirmationRow[]> {
  const { rows } = await sql.query<ConfirmationRow>({
    name: 'confirmation_asked_since',
    text: `select ${COLUMNS} from consent_confirmation
           where workspace_id = $1 and profile_id = any($2::uuid[]) and asked_at > $3`,
    values: [workspaceId, profileIds, new Date(sinceMs)],
  });
  return rows;
}

export async function findConfirmations(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<ConfirmationRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<ConfirmationRow>({
    name: 'confirmation_find',
    text: `select ${COLUMNS} from consent_confirmation where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, ids],
  });
  return rows;
}

/** What went to these addresses since then, whoever had them. Served by `consent_confirmation_address`. */
export async function findMailedSince(
  sql: Sql,
  workspaceId: number,
  { addressHashes, sinceMs }: { addressHashes: readonly string[]; sinceMs: number },
): Promise<ConfirmationRow[]> {
  const { rows } = await sql.query<ConfirmationRow>({
    name: 'confirmation_mailed_since',
    text: `select ${COLUMNS} from consent_confirmation
           where workspace_id = $1 and address_hash = any($2::uuid[]) and mailed_at > $3`,
    values: [workspaceId, addressHashes, new Date(sinceMs)],
  });
  return rows;
}

export async function markConfirmationsMailed(
  sql: Sql,
  workspaceId: number,
  { mailed, now }: { mailed: readonly { readonly id: string; readonly addressHash: string }[]; now: number },
): Promise<void> {
  if (mailed.length === 0) return;
  await sql.query({
    name: 'confirmation_mark_mailed',
    text: `update consent_confirmation c set mailed_at = $2, address_hash = m.address_hash
           from unnest($3::uuid[], $4::uuid[]) as m(id, address_hash) where c.workspace_id = $1 and c.id = m.id`,
    values: [workspaceId, new Date(now), mailed.map((one) => one.id), mailed.map((one) => one.addressHash)],
  });
}

export async function markConfirmed(
  sql: Sql,
  workspaceId: number,
  { id, now }: { id: string; now: number },
): Promise<void> {
  await sql.query({
    text: `update consent_confirmation set confirmed_at = $3
           where workspace_id = $1 and id = $2 and confirmed_at is null`,
    values: [workspaceId, id, new Date(now)],
  });
}
