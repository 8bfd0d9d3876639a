import type { Role } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface LoginRow {
  id: string;
  name: string;
  email: string;
  two_factor_enabled: boolean;
}

const LOGIN_COLUMNS = 'id, name, email, two_factor_enabled';

export async function findLoginByEmail(sql: Sql, email: string): Promise<LoginRow | undefined> {
  const { rows } = await sql.query<LoginRow>({
    // every workspace: a login belongs to none.
    text: `select ${LOGIN_COLUMNS} from login where email = $1`,
    values: [email],
  });
  return rows[0];
}

/** The login and its password, as the sign-in library would make them; false when the address has one already. */
export async function insertLogin(
  sql: Sql,
  login: { id: string; credentialId: string; name: string; email: string; passwordHash: string; at: Date },
): Promise<boolean> {
  const { id, credentialId, name, email, passwordHash, at } = login;
  const { rowCount } = await sql.query({
    // every workspace: a login belongs to none.
    text: `with made as (
             insert into login (id, name, email, email_verified, created_at, updated_at)
             values ($1, $2, $3, true, $4, $4) on conflict (email) do nothing returning id)
           insert into login_credential (id, login_id, account_id, provider_id, password, created_at, updated_at)
           select $5, id, id::text, 'credential', $6, $4, $4 from made`,
    values: [id, name, email, at, credentialId, passwordHash],
  });
  return rowCount === 1;
}

export interface MembershipRow {
  workspace_id: number;
  workspace_public_id: string;
  workspace_name: string;
  member_id: string;
  role: Role;
  /** The one she opened last. */
  is_last: boolean;
}

/** Where this login is a member, the oldest workspace first. */
export async function listMemberships(sql: Sql, loginId: string): Promise<MembershipRow[]> {
  const { rows } = await sql.query<MembershipRow>({
    name: 'membership_list',
    text: `select m.workspace_id, w.public_id as workspace_public_id, w.name as workspace_name, m.id as member_id, m.role,
                  l.last_workspace_id is not distinct from m.workspace_id as is_last
           from member m join workspace w on w.id = m.workspace_id join login l on l.id = m.login_id
           where m.login_id = $1 and m.removed_at is null order by m.workspace_id`,
    values: [loginId],
  });
  return rows;
}

/** What her calls mean from now on that name no workspace. */
export async function noteWorkspaceOpened(sql: Sql, loginId: string, workspaceId: number): Promise<void> {
  await sql.query({
    text: 'update login set last_workspace_id = $2 where id = $1',
    values: [loginId, workspaceId],
  });
}

export async function noteSignedIn(sql: Sql, loginId: string, at: Date): Promise<void> {
  // every workspace: a login belongs to none.
  await sql.query({ text: 'update login set last_sign_in_at = $2 where id = $1', values: [loginId, at] });
}

export interface SessionRow {
  id: string;
  created_at: Date;
  updated_at: Date;
  expires_at: Date;
  ip_address: string | null;
  user_agent: string | null;
}

/** Sessions that still hold, the newest first. The library counts them in real time, as the database does. */
export async function listSessions(sql: Sql, loginId: string): Promise<SessionRow[]> {
  const { rows } = await sql.query<SessionRow>({
    // every workspace: a login belongs to none.
    text: `select id, created_at, updated_at, expires_at, ip_address, user_agent from login_session
           where login_id = $1 and expires_at > now() order by created_at desc, id desc`,
    values: [loginId],
  });
  return rows;
}

/** Ends sessions of this login: one, or all but one. Answers how many. */
export async function deleteSessions(
  sql: Sql,
  loginId: string,
  which: { readonly only: string } | { readonly except: string },
): Promise<number> {
  const [condition, id] = 'only' in which ? ['id = $2', which.only] : ['id <> $2', which.except];
  const { rowCount } = await sql.query({
    // every workspace: a login belongs to none.
    text: `delete from login_session where login_id = $1 and ${condition}`,
    values: [loginId, id],
  });
  return rowCount;
}

/** Whose second step this proof is of. */
export async function findProofHolder(sql: Sql, identifierHash: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>({
    // every workspace: a login belongs to none.
    text: `select l.id from login_proof p join login l on l.id::text = p.value where p.identifier = $1`,
    values: [identifierHash],
  });
  return rows[0]?.id;
}

/** Ends reset links that were mailed and second steps under way: both rest on the password that was. */
export async function deleteProofs(sql: Sql, loginId: string): Promise<void> {
  // every workspace: a login belongs to none. The table holds an hour of proofs at most.
  await sql.query({ text: 'delete from login_proof where value = $1', values: [loginId] });
}
