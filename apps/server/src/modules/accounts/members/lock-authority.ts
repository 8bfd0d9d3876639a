import { ROLE_SCOPES } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { lockMembers } from '../account-store.ts';
import { findLiveApiKey } from '../api-key-store.ts';
import { type Authority, authorityOf } from './member-rules.ts';
import { findMember } from './member-store.ts';

export interface LockedAuthority extends Authority {
  /** Who answers for what is made now: the member who calls, or whoever made the key; undefined: nobody but the workspace. */
  readonly memberId: string | undefined;
}

/**
 * What the caller may do to members, read while nobody else changes them: her own role may have been taken since the call
 * began, or her key. Held until the transaction ends.
 */
export async function lockAuthority(ctx: TxCtx): Promise<LockedAuthority> {
  await lockMembers(ctx.sql, ctx.workspaceId);
  const { actor } = ctx;
  if (actor.kind === 'system') return { ...authorityOf(actor), memberId: undefined };
  if (actor.kind === 'apiKey') {
    const key = await findLiveApiKey(ctx.sql, ctx.workspaceId, { id: actor.id, now: new Date(ctx.clock.now()) });
    if (key === undefined) throw new AppError('unauthenticated', 'This API key opens nothing any more');
    return { ...authorityOf({ ...actor, scopes: key.scopes }), memberId: key.created_by ?? undefined };
  }
  const own = await findMember(ctx.sql, ctx.workspaceId, actor.id);
  if (own === undefined) throw new AppError('forbidden', 'You are no member of this workspace any more');
  const authority = authorityOf({ ...actor, role: own.role, scopes: ROLE_SCOPES[own.role] });
  return { ...authority, memberId: actor.id };
}
