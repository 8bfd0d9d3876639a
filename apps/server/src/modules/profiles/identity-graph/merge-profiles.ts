import type { Actor } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import {
  type Merge,
  type Reshaper,
  RetryBatch,
  type Subject,
  type SubjectBatch,
  type TxCtx,
} from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { NODES_MAX } from '../identity-limits.ts';
import type { IdentityRules } from '../identity-rules.ts';
import { loadIdentifierReader } from '../load-identity-rules.ts';
import { NODE_FLAGS, profileSection, type ProfileState } from '../profile-section.ts';
import { anchorNode } from '../read-profile.ts';
import { settleBetween } from './conflict-store.ts';
import { giveNodes } from './give-nodes.ts';
import { recordMemberMerge } from './merge-store.ts';
import { joinStates, refsOf } from './profile-states.ts';

/**
 * Makes one profile part of another because somebody says so: limits of more than one do not count then, and what was set
 * apart is no longer. A till stays alone. Two of a kind of which a customer has one (two user ids) stay two customers: `conflict`. `field`: what
 * of the request is to blame then.
 */
export async function mergeProfiles(
  ctx: TxCtx,
  reshaper: Reshaper,
  pair: { intoId: string; fromId: string; field: string },
): Promise<void> {
  const { intoId, fromId, field } = pair;
  if (intoId === fromId) throw refuse(field, 'both ids lead to the same profile: there is nothing to merge');
  await reshaper.reshape(ctx, { workspaceId: ctx.workspaceId, ids: [intoId, fromId] }, async (batch) => {
    const merge = { from: requireSubject(batch, fromId), into: requireSubject(batch, intoId) };
    const { rules } = await loadIdentifierReader(batch.sql, batch.workspaceId);
    requireNoTill(merge, field);
    requireOne(rules, merge, field);
    await joinIn(batch, { merge, actor: actorName(ctx.actor) });
    return { merges: [merge] };
  });
  await recordAudit(ctx, {
    action: 'profile.merged',
    subject: publicId('prf', intoId),
    detail: { with: publicId('prf', fromId) },
  });
}

/** Between finding a profile and locking it it may have been merged away: whoever asked looks again. */
export function requireSubject(batch: SubjectBatch, id: string): Subject {
  const subject = batch.subjects.get(id);
  if (subject?.get(profileSection) === undefined) throw new RetryBatch('a profile was merged meanwhile');
  return subject;
}

export function refuse(field: string, message: string): AppError {
  return new AppError('conflict', 'These profiles cannot be changed so', { details: [{ field, message }] });
}

/** Whatever a till does later would be a customer's. */
function requireNoTill({ from, into }: Merge, field: string): void {
  const nodes = [from, into].flatMap((subject) => subject.get(profileSection)!.nodes);
  if (!nodes.some(([, , , flags = 0]) => (flags & NODE_FLAGS.quarantined) !== 0)) return;
  throw refuse(
    field,
    'one of the two is a till or kiosk under quarantine: if it is a customer’s own device, give her its identifier instead',
  );
}

function requireOne(rules: IdentityRules, { from, into }: Merge, field: string): void {
  const nodes = [...into.get(profileSection)!.nodes, ...from.get(profileSection)!.nodes];
  for (const { kind, code, limit, perDays } of rules.kinds) {
    const held = new Set(nodes.filter(([held]) => held === code).map(([, id]) => id)).size;
    const isSingle = kind === 'userId' || (limit === 1 && perDays === undefined);
    if (isSingle && held > 1 && exceedsEither(code, { from, into }, held)) {
      throw refuse(
        field,
        `both profiles have a ${kind}, of which one customer has one: give one of the two up in your own system first`,
      );
    }
  }
  if (nodes.length > NODES_MAX) throw refuse(field, `together they would have more than ${NODES_MAX} identifiers`);
}

/** A profile that broke a stricter rule before it was made goes on living with it. */
function exceedsEither(code: number, { from, into }: Merge, held: number): boolean {
  const count = (subject: Subject) => subject.get(profileSection)!.nodes.filter(([kind]) => kind === code).length;
  return held > Math.max(count(from), count(into));
}

/** Joins the states and lists of two locked profiles; the stages follow by `merges`. */
export async function joinIn(batch: SubjectBatch, of: { merge: Merge; actor: string }): Promise<void> {
  const { from, into } = of.merge;
  const theirs = from.get(profileSection)!;
  const ours: ProfileState = into.get(profileSection)!;
  const nodes = refsOf(theirs.nodes);
  await giveNodes(batch, { nodes, from: from.id, to: into.id });
  const at = new Date(batch.now);
  await recordMemberMerge(batch.sql, batch.workspaceId, {
    id: newUuid(batch.now),
    from: from.id,
    into: into.id,
    nodes: nodes.map(({ id }) => id),
    intoNodes: ours.nodes.map(([, id]) => id),
    actor: of.actor,
    at,
  });
  await settleBetween(batch.sql, batch.workspaceId, {
    profiles: [from.id, into.id],
    at,
    by: of.actor,
  });
  into.set(profileSection, joinStates(ours, theirs));
  batch.remove(from.id);
  batch.emit({
    subjectId: into.id,
    node: anchorNode(into),
    name: 'Profiles Merged',
    occurredAt: batch.now,
    properties: { from_profile_id: publicId('prf', from.id), into_profile_id: publicId('prf', into.id) },
  });
}

/** How somebody is named in what is kept of a decision: a public id, or the name of a part of the system. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case 'member':
      return publicId('mbr', actor.id);
    case 'apiKey':
      return publicId('key', actor.id);
    case 'system':
      return actor.name;
  }
}
