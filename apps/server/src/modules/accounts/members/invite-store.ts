import type { Role } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface InviteRow {
  workspace_id: number;
  id: string;
  email: string;
  role: Role;
  created_at: Date;
  expires_at: Date;
  accepted_at: Date | null;
  revoked_at: Date | null;
}

const INVITE_COLUMNS = 'workspace_id, id, email, role, created_at, expires_at, accepted_at, revoked_at';

export async function insertInvite(
  sql: Sql,
  workspaceId: number,
  invite: {
    id: string;
    email: string;
    role: Role;
    hash: Buffer;
    at: Date;
    expiresAt: Date;
    createdBy: string | undefined;
  },
): Promise<InviteRow> {
  const { id, email, role, hash, at, expiresAt, createdBy } = invite;
  const { rows } = await sql.query<InviteRow>({
    text: `insert into invite (workspace_id, id, email, role, hash, created_at, expires_at, created_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${INVITE_COLUMNS}`,
    values: [workspaceId, id, email, role, hash, at, expiresAt, createdBy ?? null],
  });
  return rows[0]!;
}

/** Newest first. */
export async function listInvites(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId?: string | undefined },
): Promise<InviteRow[]> {
  const { rows } = await sql.query<InviteRow>({
    text: `select ${INVITE_COLUMNS} from invite where workspace_id = $1 and ($3::uuid is null or id < $3)
           order by id desc limit $2`,
    values: [workspaceId, page.limit, page.beforeId ?? null],
  });
  return rows;
}

/** Ends open invites: one by its id, or all to an address. Answers how many. */
export async function revokeInvites(
  sql: Sql,
  workspaceId: number,
  which: { at: Date } & ({ readonly id: string } | { readonly email: string }),
): Promise<number> {
  const [condition, value] = 'id' in which ? ['id = $3', which.id] : ['email = $3', which.email];
  const { rowCount } = await sql.query({
    text: `update invite set revoked_at = $2
           where workspace_id = $1 and ${condition} and accepted_at is null and revoked_at is null`,
    values: [workspaceId, which.at, value],
  });
  return rowCount;
}

/** Open invites of this member to any of these roles end, the oldest first. Answers which. */
export async function revokeInvitesBy(
  sql: Sql,
  workspaceId: number,
  which: { memberId: string; roles: readonly Role[]; at: Date },
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: `update invite set revoked_at = $4
           where workspace_id = $1 and created_by = $2 and role = any($3) and accepted_at is null and revoked_at is null
             and expires_at > $4 returning id`,
    values: [workspaceId, which.memberId, which.roles, which.at],
  });
  return rows.map((row) => row.id).sort();
}

/** The token itself says which workspace the invite is to. */
export async function findInviteByHash(
  sql: Sql,
  hash: Buffer,
): Promise<(InviteRow & { workspace_name: string }) | undefined> {
  const { rows } = await sql.query<InviteRow & { workspace_name: string }>({
    text: `select ${INVITE_COLUMNS.split(', ')
      .map((column) => `i.${column}`)
      .join(', ')}, w.name as workspace_name
           from invite i join workspace w on w.id = i.workspace_id where i.hash = $1`,
    values: [hash],
  });
  return rows[0];
}

/** Takes the invite: false when somebody took or revoked it meanwhile, or it has run out. */
export async function takeInvite(sql: Sql, workspaceId: number, taken: { id: string; at: Date }): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update invite set accepted_at = $3
           where workspace_id = $1 and id = $2 and accepted_at is null and revoked_at is null and expires_at > $3`,
    values: [workspaceId, taken.id, taken.at],
  });
  return rowCount === 1;
}
