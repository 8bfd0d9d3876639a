import { AppError } from '../../../platform/errors.ts';
import type { Reshaper, TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findOwners } from '../node-store.ts';
import { followMerged } from '../profile-store.ts';
import { type ConflictRow, findConflict, lockConflict, settleConflictRow } from './conflict-store.ts';
import { moveIdentifier } from './give-identifier.ts';
import { actorName, mergeProfiles, refuse } from './merge-profiles.ts';

type Action = 'merge' | 'give' | 'dismiss';

/**
 * Decides a conflict: the two profiles are one; or the identifier belongs to the one that got the event, and its history
 * goes with it; or nothing is to be done. Only an open one can be decided: `conflict`.
 */
export async function settleConflict(
  ctx: TxCtx,
  reshaper: Reshaper,
  asked: { conflictId: string; action: Action },
): Promise<ConflictRow> {
  const { conflictId, action } = asked;
  const { sql, workspaceId } = ctx;
  const conflict = await findConflict(sql, workspaceId, conflictId);
  if (conflict === undefined) throw new AppError('not_found', 'There is no such conflict');
  requireOpen(conflict);
  // Profiles are locked before the conflict's row: the stages lock in that order.
  if (action === 'merge') await mergeBoth(ctx, reshaper, conflict);
  if (action === 'give') await give(ctx, reshaper, conflict);
  const locked = await lockConflict(sql, workspaceId, conflictId);
  if (locked!.status === 'open') {
    await settleConflictRow(sql, workspaceId, {
      id: conflictId,
      status: action === 'dismiss' ? 'dismissed' : 'settled',
      settlement: action === 'dismiss' ? null : action,
      at: new Date(ctx.clock.now()),
      by: actorName(ctx.actor),
    });
  } else if (action === 'dismiss') requireOpen(locked!);
  await recordAudit(ctx, {
    action: 'identity_conflict.settled',
    subject: publicId('cfl', conflictId),
    detail: { action },
  });
  return (await findConflict(sql, workspaceId, conflictId))!;
}

function requireOpen(conflict: ConflictRow): void {
  if (conflict.status !== 'open') throw refuse('id', `this conflict is ${conflict.status} already`);
}

/** Where the two profiles are now, and whose the identifier is. */
async function partiesOf(ctx: TxCtx, conflict: ConflictRow): Promise<{ profileId: string; ownerId: string | null }> {
  const { sql, workspaceId } = ctx;
  const profileId = (await followMerged(sql, workspaceId, [conflict.profile_id])).get(conflict.profile_id);
  if (profileId === undefined) throw refuse('action', 'the profile of this conflict is gone: dismiss it');
  const [owner] = await findOwners(sql, workspaceId, [conflict.node]);
  if (owner === undefined || owner.is_erased) {
    throw refuse('action', 'the identifier of this conflict is gone: dismiss it');
  }
  return { profileId, ownerId: owner.profile_id };
}

async function mergeBoth(ctx: TxCtx, reshaper: Reshaper, conflict: ConflictRow): Promise<void> {
  const { profileId, ownerId } = await partiesOf(ctx, conflict);
  if (ownerId === null)
    throw refuse('action', 'the identifier is nobody’s: give it, there is no profile to merge with');
  if (ownerId === profileId) return;
  await requireShownOwner(ctx, conflict, ownerId);
  await mergeProfiles(ctx, reshaper, { intoId: profileId, fromId: ownerId, field: 'action' });
}

/** The identifier may have gone elsewhere since, as that of a till does: nobody was shown that profile. */
async function requireShownOwner(ctx: TxCtx, { owner_profile: shown }: ConflictRow, ownerId: string): Promise<void> {
  if (shown === null) return;
  if ((await followMerged(ctx.sql, ctx.workspaceId, [shown])).get(shown) === ownerId) return;
  throw refuse('action', 'the identifier belongs to a third profile by now: dismiss this, or merge those you mean');
}

async function give(ctx: TxCtx, reshaper: Reshaper, conflict: ConflictRow): Promise<void> {
  const { profileId, ownerId } = await partiesOf(ctx, conflict);
  if (ownerId === profileId) return;
  const { node, profile_id: conflictProfile } = conflict;
  await moveIdentifier(ctx, reshaper, { node, ownerId, profileId, conflictProfile, field: 'action' });
}
