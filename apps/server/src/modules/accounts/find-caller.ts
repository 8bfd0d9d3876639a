import { ROLE_SCOPES } from '@segue/contract';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { GenerationCache } from '../../platform/generation-cache.ts';
import { parsePublicId } from '../../platform/ids/index.ts';
import { noteApiKeyUsed } from './api-key-store.ts';
import type { KeyRing } from './keys.ts';
import { listMemberships, type MembershipRow } from './sign-in/login-store.ts';
import { refuseForged } from './sign-in/sign-in-routes.ts';
import type { SignIn } from './sign-in/sign-in.ts';

/** Who calls, and in which workspace. */
export interface Caller {
  readonly workspaceId: number;
  readonly actor: Actor & { readonly kind: 'apiKey' | 'member' };
}

const LAST_USED_EVERY_MS = 60_000;
const LAST_USED_ENTRIES_MAX = 10_000;

/** Finds out who calls: by API key (`Authorization: Bearer …`), else by session cookie; stops whoever is neither. */
export function createFindCaller(signIn: SignIn, keyRing: KeyRing): (request: FastifyRequest) => Promise<Caller> {
  const noteUse = createNoteUse(signIn);
  return async (request) => {
    const { authorization, cookie } = request.headers;
    const key = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (key !== undefined) {
      const holder = await keyRing.findActor(key);
      if (holder === undefined) throw noKey();
      const nowMs = signIn.services.clock.now();
      if (holder.expiresAtMs !== undefined && holder.expiresAtMs <= nowMs) throw expiredKey(holder.expiresAtMs);
      await noteUse({ workspaceId: holder.workspaceId, id: holder.actor.id, nowMs });
      return { workspaceId: holder.workspaceId, actor: holder.actor };
    }
    const session = authorization === undefined ? await signIn.findSession(cookie) : undefined;
    if (session === undefined) throw noKey();
    refuseForged(signIn, request);
    return findMember(signIn, session.loginId, request.headers['segue-workspace']);
  };
}

async function findMember(signIn: SignIn, loginId: string, header: string | string[] | undefined): Promise<Caller> {
  const { postgres } = signIn.services;
  const memberships = await listMemberships(postgres, loginId);
  const chosen = chooseWorkspace(memberships, header);
  const { member_id: id, role } = chosen;
  return { workspaceId: chosen.workspace_id, actor: { kind: 'member', id, role, scopes: ROLE_SCOPES[role] } };
}

/** The workspace a call names, for this call alone; else the one she opened last, else her oldest. */
function chooseWorkspace(memberships: readonly MembershipRow[], header: string | string[] | undefined): MembershipRow {
  const isNamed = header !== undefined && header !== '';
  const named = typeof header === 'string' ? parsePublicId('wsp', header) : undefined;
  const chosen = isNamed
    ? memberships.find((membership) => membership.workspace_public_id === named)
    : (memberships.find((membership) => membership.is_last) ?? memberships[0]);
  if (chosen !== undefined) return chosen;
  if (isNamed) {
    throw new AppError('forbidden', 'You are no member of this workspace', {
      details: [{ field: 'Segue-Workspace', message: 'name a workspace of yours, like wsp_<32 hex digits>, or none' }],
    });
  }
  throw new AppError('forbidden', 'You are a member of no workspace', {
    details: [{ field: '', message: 'ask an owner or admin for an invite' }],
  });
}

/** Writes down that a key was used, at most once a minute. */
function createNoteUse(signIn: SignIn): (use: { workspaceId: number; id: string; nowMs: number }) => Promise<void> {
  const noted = new GenerationCache<string, number>(LAST_USED_ENTRIES_MAX);
  return async ({ workspaceId, id, nowMs }) => {
    const notedBefore = nowMs - LAST_USED_EVERY_MS;
    if ((noted.get(id) ?? -Infinity) > notedBefore) return;
    noted.set(id, nowMs);
    const use = { id, at: new Date(nowMs), notedBefore: new Date(notedBefore) };
    await noteApiKeyUsed(signIn.services.postgres, workspaceId, use);
  };
}

function noKey(): AppError {
  return new AppError('unauthenticated', 'The API key is missing or unknown', {
    details: [{ field: 'Authorization', message: 'send "Authorization: Bearer <API key>", or sign in' }],
  });
}

function expiredKey(expiresAtMs: number): AppError {
  return new AppError('unauthenticated', `This API key expired at ${new Date(expiresAtMs).toISOString()}`, {
    details: [{ field: 'Authorization', message: 'make another key, or ask an owner or admin for one' }],
  });
}
