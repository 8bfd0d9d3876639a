import { AppError } from '../../../platform/errors.ts';
import type { Reshaper, Subject, SubjectBatch, TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { loadIdentifierReader } from '../load-identity-rules.ts';
import { findOwners } from '../node-store.ts';
import { profileSection } from '../profile-section.ts';
import { followMerged, withdrawBrought } from '../profile-store.ts';
import { type ConflictRow, findConflict, lockConflict, settleConflictRow, settleGiven } from './conflict-store.ts';
import { giveNodes } from './give-nodes.ts';
import { clearNodeFlags } from './graph-node-store.ts';
import { actorName, mergeProfiles, refuse, requireSubject } from './merge-profiles.ts';
import { partState, takeNodes } from './profile-states.ts';

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
  const ids = ownerId === null ? [profileId] : [profileId, ownerId];
  await reshaper.reshape(ctx, { workspaceId: ctx.workspaceId, ids, counts: true }, async (batch) => {
    const into = requireSubject(batch, profileId);
    const from = ownerId === null ? undefined : requireSubject(batch, ownerId);
    const kind = await kindOf(batch, { node: conflict.node, into });
    const nodes = [{ kind, id: conflict.node }];
    if (from !== undefined) await takeFrom(batch, { from, node: conflict.node });
    await giveNodes(batch, { nodes, from: ownerId, to: profileId });
    into.set(profileSection, takeNodes(into.get(profileSection)!, [[kind, conflict.node, batch.now]]));
    await clearNodeFlags(batch.sql, batch.workspaceId, conflict.node);
    await settleGiven(batch.sql, batch.workspaceId, {
      node: conflict.node,
      profileId: conflict.profile_id,
      at: new Date(batch.now),
      by: actorName(ctx.actor),
    });
    return from === undefined ? { rebuilds: [into] } : { handovers: [{ from, into, nodes }], rebuilds: [from, into] };
  });
}

/** The kind of the identifier, if the profile can have one more of it. */
async function kindOf(batch: SubjectBatch, of: { node: number; into: Subject }): Promise<number> {
  const { rules } = await loadIdentifierReader(batch.sql, batch.workspaceId);
  const [row] = await findOwners(batch.sql, batch.workspaceId, [of.node]);
  const code = row!.kind;
  const rule = rules.kinds.find((kind) => kind.code === code);
  const isSingle = rule?.kind === 'userId' || (rule?.limit === 1 && rule.perDays === undefined);
  if (isSingle && of.into.get(profileSection)!.nodes.some(([kind]) => kind === code)) {
    throw refuse('action', `the profile has a ${rule!.kind} already, of which one customer has one: dismiss this`);
  }
  return code;
}

async function takeFrom(batch: SubjectBatch, of: { from: Subject; node: number }): Promise<void> {
  const state = of.from.get(profileSection)!;
  if (state.nodes.length === 1) {
    throw refuse('action', 'it is the only identifier of the other profile: merge the two instead');
  }
  const parted = partState(state, {
    nodes: new Set([of.node]),
    anchor: of.node,
    mergesLeft: state.merges ?? 0,
    mergesTaken: 0,
  });
  of.from.set(profileSection, parted.left);
  await withdrawBrought(batch.sql, batch.workspaceId, [{ profileId: of.from.id, node: of.node }]);
}
