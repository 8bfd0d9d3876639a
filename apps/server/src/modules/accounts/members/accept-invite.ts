import { createContext } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { lockMembers } from '../account-store.ts';
import { recordAudit } from '../record-audit.ts';
import { findLoginByEmail, insertLogin } from '../sign-in/login-store.ts';
import type { LoginSession, SignIn } from '../sign-in/sign-in.ts';
import { hashInviteToken, inviteState } from './invite.ts';
import { findInviteByHash, type InviteRow, takeInvite } from './invite-store.ts';
import { insertMember, isMemberAddress } from './member-store.ts';

export type OpenInvite = InviteRow & { readonly workspace_name: string };

/** The invite of a token, if it still opens something. */
export async function getOpenInvite(signIn: SignIn, token: string): Promise<OpenInvite> {
  const { postgres, clock } = signIn.services;
  const invite = await findInviteByHash(postgres, hashInviteToken(token));
  if (invite === undefined || inviteState(invite, clock.now()) !== 'open') throw spent();
  return invite;
}

function spent(): AppError {
  return new AppError('not_found', 'This invite was used, was revoked, or has expired', {
    details: [{ field: 'token', message: 'ask whoever invited you for a new one' }],
  });
}

/**
 * Makes whoever holds the token a member. A new address gets a login with `name` and `password`; an address that signs in
 * already must be signed in, so that a link alone never opens somebody else's login.
 */
export async function acceptInvite(
  signIn: SignIn,
  asked: {
    token: string;
    session: LoginSession | undefined;
    newcomer: { name: string; password: string } | undefined;
    ip: string;
  },
): Promise<{ email: string; isNew: boolean }> {
  const { services } = signIn;
  const invite = await getOpenInvite(signIn, asked.token);
  const { email, role } = invite;
  const existing = await findLoginByEmail(services.postgres, email);
  if (existing !== undefined && existing.id !== asked.session?.loginId) throw notSignedInAs();
  if (existing === undefined && asked.newcomer === undefined) throw nameMissing();
  // Hashing takes its time: not while a transaction waits.
  const passwordHash = existing === undefined ? await signIn.hashPassword(asked.newcomer!.password) : undefined;
  const system = createContext(services, invite.workspace_id, { kind: 'system', name: 'invite' });
  const ctx = { ...system, ip: asked.ip };
  return inTransaction(ctx, async (ctx) => {
    const nowMs = ctx.clock.now();
    const at = new Date(nowMs);
    await lockMembers(ctx.sql, ctx.workspaceId);
    if (!(await takeInvite(ctx.sql, ctx.workspaceId, { id: invite.id, at }))) throw spent();
    if (await isMemberAddress(ctx.sql, ctx.workspaceId, email)) {
      throw new AppError('conflict', 'You are a member of this workspace already', {
        details: [{ field: '', message: 'open the console' }],
      });
    }
    const loginId = existing?.id ?? newUuid(nowMs);
    if (passwordHash !== undefined) {
      const { name } = asked.newcomer!;
      const login = { id: loginId, credentialId: newUuid(nowMs), name, email, passwordHash, at };
      if (!(await insertLogin(ctx.sql, login))) throw notSignedInAs();
    }
    const id = newUuid(nowMs);
    await insertMember(ctx.sql, ctx.workspaceId, { id, loginId, role, at });
    const joined = { ...ctx, actor: { kind: 'member', id, role, scopes: [] } as const };
    await recordAudit(joined, { action: 'member.joined', subject: publicId('mbr', id), detail: { role } });
    return { email, isNew: existing === undefined };
  });
}

function notSignedInAs(): AppError {
  return new AppError('conflict', 'This address signs in already', {
    details: [{ field: 'token', message: 'sign in with that address, then open the link again' }],
  });
}

function nameMissing(): AppError {
  return new AppError('invalid', 'The request does not fit', {
    details: [
      { field: 'name', message: 'give your name' },
      { field: 'password', message: 'choose a password' },
    ],
  });
}
