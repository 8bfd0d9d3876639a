import { EVERY_SCOPE, ROLE_SCOPES, ROLES, type Role } from '@segue/contract';
import type { Actor } from '../../../platform/context.ts';

/** What somebody may do to members: an owner everything, others as far as their own scopes go, and never to owners. */
export interface Authority {
  readonly isOwner: boolean;
  readonly scopes: readonly string[];
}

export type Refusal = 'ownersOnly' | 'beyondYours' | 'lastOwner';
export type Decision = { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly reason: Refusal };

const ALLOWED: Decision = { kind: 'allowed' };
const refuse = (reason: Refusal): Decision => ({ kind: 'refused', reason });

/** An API key is nobody: whatever its scopes, it makes and unmakes no owners. */
export function authorityOf(actor: Actor): Authority {
  if (actor.kind === 'system') return { isOwner: true, scopes: [EVERY_SCOPE] };
  return { isOwner: actor.kind === 'member' && actor.role === 'owner', scopes: actor.scopes };
}

/** Whether every one of these scopes is hers to give. */
export function holdsAll({ isOwner, scopes }: Authority, wanted: readonly string[]): boolean {
  return isOwner || scopes.includes(EVERY_SCOPE) || wanted.every((scope) => scopes.includes(scope));
}

/** What is left to a key of somebody who became `role`; undefined: she is no member any more. Nothing left: it ends. */
export function scopesLeft(scopes: readonly string[], role: Role | undefined): readonly string[] {
  if (role === undefined) return [];
  if (role === 'owner') return scopes;
  const own: readonly string[] = ROLE_SCOPES[role];
  return scopes.includes(EVERY_SCOPE) ? own : scopes.filter((scope) => own.includes(scope));
}

/** The roles that somebody who became `role` invites to no more; undefined: she is no member any more. */
export function rolesNotHersToGive(role: Role | undefined): readonly Role[] {
  if (role === undefined || !ROLE_SCOPES[role].includes('members:write')) return ROLES;
  const authority = { isOwner: role === 'owner', scopes: ROLE_SCOPES[role] };
  return ROLES.filter((given) => decideGiving(authority, given).kind === 'refused');
}

/** Whether she may make somebody this. */
export function decideGiving(authority: Authority, role: Role): Decision {
  if (role === 'owner') return authority.isOwner ? ALLOWED : refuse('ownersOnly');
  return holdsAll(authority, ROLE_SCOPES[role]) ? ALLOWED : refuse('beyondYours');
}

/** Whether she may give a member of role `from` the role `to`, with this many owners before. */
export function decideRoleChange(authority: Authority, change: { from: Role; to: Role; owners: number }): Decision {
  const { from, to, owners } = change;
  if (from === to) return decideTouching(authority, from);
  const touching = decideRemoval(authority, { role: from, owners });
  return touching.kind === 'refused' ? touching : decideGiving(authority, to);
}

/** Whether she may remove a member of this role, with this many owners before. */
export function decideRemoval(authority: Authority, member: { role: Role; owners: number }): Decision {
  const touching = decideTouching(authority, member.role);
  if (touching.kind === 'refused') return touching;
  return member.role === 'owner' && member.owners <= 1 ? refuse('lastOwner') : ALLOWED;
}

/** Whether a member of this role is within her reach at all. */
function decideTouching(authority: Authority, role: Role): Decision {
  return decideGiving(authority, role);
}
