import type { Role } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface MemberRow {
  id: string;
  login_id: string;
  name: string;
  email: string;
  role: Role;
  has_totp: boolean;
  created_at: Date;
  last_sign_in_at: Date | null;
}

const MEMBER_COLUMNS = `m.id, m.login_id, l.name, l.email, m.role, l.two_factor_enabled as has_totp, m.created_at,
                        l.last_sign_in_at`;

export async function insertMember(
  sql: Sql,
  workspaceId: number,
  member: { id: string; loginId: string; role: Role; at: Date },
): Promise<void> {
  await sql.query({
    text: 'insert into member (workspace_id, id, login_id, role, created_at) values ($1, $2, $3, $4, $5)',
    values: [workspaceId, member.id, member.loginId, member.role, member.at],
  });
}

/** Oldest first. */
export async function listMembers(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; afterId?: string | undefined },
): Promise<MemberRow[]> {
  const { rows } = await sql.query<MemberRow>({
    text: `select ${MEMBER_COLUMNS} from member m join login l on l.id = m.login_id
           where m.workspace_id = $1 and m.removed_at is null and ($3::uuid is null or m.id > $3)
           order by m.id limit $2`,
    values: [workspaceId, page.limit, page.afterId ?? null],
  });
  return rows;
}

export async function findMember(sql: Sql, workspaceId: number, id: string): Promise<MemberRow | undefined> {
  const { rows } = await sql.query<MemberRow>({
    text: `select ${MEMBER_COLUMNS} from member m join login l on l.id = m.login_id
           where m.workspace_id = $1 and m.id = $2 and m.removed_at is null`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function isMemberAddress(sql: Sql, workspaceId: number, email: string): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `select 1 from member m join login l on l.id = m.login_id
           where m.workspace_id = $1 and l.email = $2 and m.removed_at is null`,
    values: [workspaceId, email],
  });
  return rowCount > 0;
}

export async function countOwners(sql: Sql, workspaceId: number): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: `select count(*) as n from member where workspace_id = $1 and role = 'owner' and removed_at is null`,
    values: [workspaceId],
  });
  return rows[0]!.n;
}

export async function updateMemberRole(
  sql: Sql,
  workspaceId: number,
  change: { id: string; role: Role },
): Promise<void> {
  await sql.query({
    text: 'update member set role = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, change.id, change.role],
  });
}

export async function markMemberRemoved(
  sql: Sql,
  workspaceId: number,
  removed: { id: string; at: Date },
): Promise<void> {
  await sql.query({
    text: 'update member set removed_at = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, removed.id, removed.at],
  });
}
