import { randomBytes } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import { newUuid } from '../../platform/ids/index.ts';
import type { Postgres } from '../../platform/postgres/index.ts';
import { listOwnerlessWorkspaces, lockFirstStart } from './account-store.ts';
import { insertMember } from './members/member-store.ts';
import { findLoginByEmail, insertLogin } from './sign-in/login-store.ts';

/** What an owner signs in with when none is given. */
const DEFAULT_EMAIL = 'owner@segue.local';

export interface MadeOwner {
  readonly email: string;
  /** Made now because none was given; shown once. */
  readonly password: string | undefined;
}

/**
 * Gives every workspace without an owner one, so that somebody can sign in: on the first start, and on the first start
 * after an update from a version that knew no members. Undefined when each has one.
 */
export async function ensureOwners(
  postgres: Postgres,
  options: { nowMs: number; email?: string | undefined; password?: string | undefined },
): Promise<MadeOwner | undefined> {
  if ((await listOwnerlessWorkspaces(postgres)).length === 0) return undefined;
  const email = (options.email ?? DEFAULT_EMAIL).toLowerCase();
  const password = options.password ?? randomBytes(12).toString('base64url');
  const passwordHash = await hashPassword(password);
  const at = new Date(options.nowMs);
  return postgres.transaction(async (sql) => {
    await lockFirstStart(sql);
    const workspaces = await listOwnerlessWorkspaces(sql);
    if (workspaces.length === 0) return undefined;
    const login = { id: newUuid(options.nowMs), credentialId: newUuid(options.nowMs), name: 'Owner', email };
    const isNew = await insertLogin(sql, { ...login, passwordHash, at });
    const loginId = isNew ? login.id : (await findLoginByEmail(sql, email))!.id;
    for (const workspaceId of workspaces) {
      await insertMember(sql, workspaceId, { id: newUuid(options.nowMs), loginId, role: 'owner', at });
    }
    return { email, password: isNew && options.password === undefined ? password : undefined };
  });
}
