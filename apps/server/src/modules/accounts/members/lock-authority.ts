import { ROLE_SCOPES } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { lockMembers } from '../account-store.ts';
import { type Authority, authorityOf } from './member-rules.ts';
import { findMember } from './member-store.ts';

/**
 * What the caller may do to members, read while nobody else changes them: her own role may have been taken since the call
 * began. Held until the transaction ends.
 */
export async function lockAuthority(ctx: TxCtx): Promise<Authority> {
  await lockMembers(ctx.sql, ctx.workspaceId);
  const { actor } = ctx;
  if (actor.kind !== 'member') return authorityOf(actor);
  const own = await findMember(ctx.sql, ctx.workspaceId, actor.id);
  if (own === undefined) throw new AppError('forbidden', 'You are no member of this workspace any more');
  return authorityOf({ ...actor, role: own.role, scopes: ROLE_SCOPES[own.role] });
}
