import { AppError } from '../../../platform/errors.ts';
import {
  type Handover,
  type Reshaper,
  RetryBatch,
  type Subject,
  type SubjectBatch,
  type TxCtx,
} from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import type { Identifier } from '../identifier.ts';
import { loadIdentifierReader } from '../load-identity-rules.ts';
import { identifierHash } from '../node-directory.ts';
import { findNodesByHash, findOwners } from '../node-store.ts';
import { type HeldNode, NODE_FLAGS, profileSection } from '../profile-section.ts';
import { withdrawBrought } from '../profile-store.ts';
import { settleGiven } from './conflict-store.ts';
import { giveNodes } from './give-nodes.ts';
import { clearNodeFlags } from './graph-node-store.ts';
import { actorName, joinIn, refuse, requireSubject } from './merge-profiles.ts';
import { partState, takeNodes, unflagged } from './profile-states.ts';

/**
 * A member says whose an identifier is, whatever was made of it: it goes there with its history, and is neither shared nor
 * under quarantine nor a mere claim any more. `not_found` when nobody is known by it, `conflict` when it cannot be moved.
 */
export async function giveIdentifier(
  ctx: TxCtx,
  reshaper: Reshaper,
  asked: { profileId: string; identifier: Identifier | undefined },
): Promise<void> {
  const { profileId, identifier } = asked;
  const { sql, workspaceId } = ctx;
  const hashes = identifier === undefined ? [] : [identifierHash(await ctx.keysOf(workspaceId), identifier)];
  const [found] = await findNodesByHash(sql, workspaceId, hashes);
  const [owner] = found === undefined ? [] : await findOwners(sql, workspaceId, [found.id]);
  if (identifier === undefined || owner === undefined || owner.is_erased) {
    const message = 'nobody is known by it; give one of the identifiers of a profile';
    throw new AppError('not_found', 'There is no such identifier', { details: [{ field: 'identifier', message }] });
  }
  const { id: node, profile_id: ownerId } = owner;
  if (ownerId === profileId) await clearOwn(ctx, reshaper, { node, profileId });
  else await moveIdentifier(ctx, reshaper, { node, ownerId, profileId, field: 'identifier' });
  await recordAudit(ctx, {
    action: 'identifier.given',
    subject: publicId('prf', profileId),
    detail: { kind: identifier.kind, from: ownerId === null ? null : publicId('prf', ownerId) },
  });
}

/** It is where it belongs: only what was held against it goes. */
async function clearOwn(ctx: TxCtx, reshaper: Reshaper, of: { node: number; profileId: string }): Promise<void> {
  const { node, profileId } = of;
  await reshaper.reshape(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async (batch) => {
    const subject = requireSubject(batch, profileId);
    if (heldBy(subject, node) === undefined) throw new RetryBatch('a node was given away meanwhile');
    await clear(batch, { subject, node });
    await settle(batch, { node, profileId, by: actorName(ctx.actor) });
    return {};
  });
}

/**
 * Gives an identifier, with its history, to another profile. One under quarantine is all that its profile has: that becomes
 * part of the other. `field`: what of the request is to blame when it cannot be done (`conflict`).
 */
export async function moveIdentifier(
  ctx: TxCtx,
  reshaper: Reshaper,
  of: { node: number; ownerId: string | null; profileId: string; conflictProfile?: string; field: string },
): Promise<void> {
  const { node, ownerId, profileId, conflictProfile = profileId, field } = of;
  const ids = ownerId === null ? [profileId] : [profileId, ownerId];
  await reshaper.reshape(ctx, { workspaceId: ctx.workspaceId, ids, counts: true }, async (batch) => {
    const into = requireSubject(batch, profileId);
    const from = ownerId === null ? undefined : requireSubject(batch, ownerId);
    const kind = await kindOf(batch, { node, into, field });
    const by = actorName(ctx.actor);
    await settle(batch, { node, profileId: conflictProfile, by });
    if (from !== undefined && isQuarantineOf(from, node)) {
      const merge = { from, into };
      await clear(batch, { subject: from, node });
      await joinIn(batch, { merge, actor: by });
      return { merges: [merge] };
    }
    return move(batch, { node: { kind, id: node }, from, into, field });
  });
}

async function move(
  batch: SubjectBatch,
  of: { node: { kind: number; id: number }; from: Subject | undefined; into: Subject; field: string },
): Promise<{ handovers: Handover[]; rebuilds: Subject[] }> {
  const { node, from, into, field } = of;
  if (from !== undefined) await takeFrom(batch, { from, node: node.id, field });
  await giveNodes(batch, { nodes: [node], from: from?.id ?? null, to: into.id });
  into.set(profileSection, takeNodes(into.get(profileSection)!, [[node.kind, node.id, batch.now]]));
  await clearNodeFlags(batch.sql, batch.workspaceId, node.id);
  if (from === undefined) return { handovers: [], rebuilds: [into] };
  return { handovers: [{ from, into, nodes: [node] }], rebuilds: [from, into] };
}

/** The kind of the identifier, if the profile can have one more of it. */
async function kindOf(batch: SubjectBatch, of: { node: number; into: Subject; field: string }): Promise<number> {
  const { rules } = await loadIdentifierReader(batch.sql, batch.workspaceId);
  const [row] = await findOwners(batch.sql, batch.workspaceId, [of.node]);
  const code = row!.kind;
  const rule = rules.kinds.find((kind) => kind.code === code);
  const isSingle = rule?.kind === 'userId' || (rule?.limit === 1 && rule.perDays === undefined);
  if (isSingle && of.into.get(profileSection)!.nodes.some(([kind]) => kind === code)) {
    throw refuse(
      of.field,
      `the profile has a ${rule!.kind} already, of which one customer has one: leave it where it is`,
    );
  }
  return code;
}

async function takeFrom(batch: SubjectBatch, of: { from: Subject; node: number; field: string }): Promise<void> {
  const state = of.from.get(profileSection)!;
  if (state.nodes.length === 1) {
    throw refuse(of.field, 'it is the only identifier of the other profile: merge the two instead');
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

function heldBy(subject: Subject, node: number): HeldNode | undefined {
  return subject.get(profileSection)!.nodes.find(([, id]) => id === node);
}

/** Whether the profile is nobody but a till. */
function isQuarantineOf(subject: Subject, node: number): boolean {
  const flags = heldBy(subject, node)?.[3] ?? 0;
  return subject.get(profileSection)!.nodes.length === 1 && (flags & NODE_FLAGS.quarantined) !== 0;
}

async function clear(batch: SubjectBatch, of: { subject: Subject; node: number }): Promise<void> {
  of.subject.set(profileSection, unflagged(of.subject.get(profileSection)!, of.node));
  await clearNodeFlags(batch.sql, batch.workspaceId, of.node);
}

async function settle(batch: SubjectBatch, of: { node: number; profileId: string; by: string }): Promise<void> {
  await settleGiven(batch.sql, batch.workspaceId, { ...of, at: new Date(batch.now) });
}
