import type { IdentityConflict } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface ConflictRow {
  id: string;
  reason: IdentityConflict['reason'];
  status: IdentityConflict['status'];
  profile_id: string;
  owner_profile: string | null;
  node: number;
  cause_message_id: string;
  found_at: Date;
  last_seen_at: Date | null;
  seen_count: number;
  settled_at: Date | null;
  settled_by: string | null;
  settlement: 'merge' | 'give' | null;
}

const COLUMNS = `id, reason, status, profile_id, owner_profile, node, cause_message_id, found_at, last_seen_at, seen_count,
  settled_at, settled_by, settlement`;

/** Newest first. Conflicts are written in whole milliseconds, so the instant is a place in the list. */
export async function listConflictRows(
  sql: Sql,
  workspaceId: number,
  page: {
    status: string | undefined;
    reason: string | undefined;
    before: readonly [foundAt: string, id: string] | undefined;
    limit: number;
  },
): Promise<ConflictRow[]> {
  const { rows } = await sql.query<ConflictRow>({
    text: `select ${COLUMNS} from identity_conflict
           where workspace_id = $1 and ($2::text is null or status = $2) and ($3::text is null or reason = $3)
             and ($4::timestamptz is null or (found_at, id) < ($4, $5::uuid))
           order by found_at desc, id desc limit $6`,
    values: [
      workspaceId,
      page.status ?? null,
      page.reason ?? null,
      page.before?.[0] ?? null,
      page.before?.[1] ?? null,
      page.limit,
    ],
  });
  return rows;
}

/** Those a profile, or what became part of it, has to do with; newest first. */
export async function listConflictsOf(
  sql: Sql,
  workspaceId: number,
  question: { profileIds: readonly string[]; limit: number },
): Promise<ConflictRow[]> {
  const { rows } = await sql.query<ConflictRow>({
    text: `select ${COLUMNS} from identity_conflict
           where workspace_id = $1 and (profile_id = any($2::uuid[]) or owner_profile = any($2::uuid[]))
           order by found_at desc, id desc limit $3`,
    values: [workspaceId, arrayLiteral(question.profileIds), question.limit],
  });
  return rows;
}

/** Locked, so that one of two who settle it at once finds it settled. */
export async function lockConflict(sql: Sql, workspaceId: number, id: string): Promise<ConflictRow | undefined> {
  const { rows } = await sql.query<ConflictRow>({
    text: `select ${COLUMNS} from identity_conflict where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function findConflict(sql: Sql, workspaceId: number, id: string): Promise<ConflictRow | undefined> {
  const { rows } = await sql.query<ConflictRow>({
    text: `select ${COLUMNS} from identity_conflict where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function settleConflictRow(
  sql: Sql,
  workspaceId: number,
  settled: { id: string; status: 'settled' | 'dismissed'; settlement: 'merge' | 'give' | null; at: Date; by: string },
): Promise<void> {
  await sql.query({
    text: `update identity_conflict set status = $3, settlement = $4, settled_at = $5, settled_by = $6
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, settled.id, settled.status, settled.settlement, settled.at, settled.by],
  });
}

/** Two profiles became one: there is nothing left to decide between them. */
export async function settleBetween(
  sql: Sql,
  workspaceId: number,
  settled: { profiles: readonly [string, string]; at: Date; by: string },
): Promise<void> {
  await sql.query({
    text: `update identity_conflict set status = 'settled', settlement = 'merge', settled_at = $3, settled_by = $4
           where workspace_id = $1 and status = 'open' and profile_id = any($2::uuid[]) and owner_profile = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(settled.profiles), settled.at, settled.by],
  });
}

/** An identifier went to the profile it was missing at: every question about the two is answered. */
export async function settleGiven(
  sql: Sql,
  workspaceId: number,
  settled: { node: number; profileId: string; at: Date; by: string },
): Promise<void> {
  await sql.query({
    text: `update identity_conflict set status = 'settled', settlement = 'give', settled_at = $4, settled_by = $5
           where workspace_id = $1 and node = $2 and profile_id = $3 and status = 'open'`,
    values: [workspaceId, settled.node, settled.profileId, settled.at, settled.by],
  });
}
