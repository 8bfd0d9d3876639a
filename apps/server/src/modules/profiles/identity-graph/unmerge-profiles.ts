import { AppError } from '../../../platform/errors.ts';
import {
  type Handover,
  readSubjects,
  type Reshaper,
  type ReshapingBatch,
  RetryBatch,
  type Subject,
  type SubjectBatch,
  type TxCtx,
} from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findOwners } from '../node-store.ts';
import { profileSection, type ProfileState } from '../profile-section.ts';
import { followMerged } from '../profile-store.ts';
import { anchorNode } from '../read-profile.ts';
import { giveNodes } from './give-nodes.ts';
import { actorName, refuse, requireSubject } from './merge-profiles.ts';
import { laterNodesOf } from './later-nodes.ts';
import {
  countMergesInto,
  findMerge,
  type KeptMergeRow,
  listMergesOf,
  undoMerge,
  withdrawNodes,
} from './merge-store.ts';
import { partState, refsOf, setApart } from './profile-states.ts';

/** More of a profile are not looked at for what came when. */
const MERGES_MAX = 1_000;

/**
 * Undoes one merge of a profile, or of what became part of it: the profile that went is there again under its own id, with
 * the identifiers it brought that are still there. Events follow the identifier they carried, and both states are counted
 * anew. No event joins the two again. Answers the id of the profile that is there again.
 */
export async function unmergeProfiles(
  ctx: TxCtx,
  reshaper: Reshaper,
  asked: { profileId: string; mergeId: string | undefined },
): Promise<string> {
  const { profileId, mergeId } = asked;
  const merge = mergeId === undefined ? undefined : await findMerge(ctx.sql, ctx.workspaceId, mergeId);
  if (mergeId === undefined || merge === undefined || (await holderOf(ctx, merge)) !== profileId) {
    const message = 'give the id of one of the `merges` of this profile’s identity, mrg_ and 32 hex digits';
    throw new AppError('not_found', 'There is no such merge of this profile', {
      details: [{ field: 'merge', message }],
    });
  }
  await reshaper.reshape(ctx, { workspaceId: ctx.workspaceId, ids: [profileId], counts: true }, async (batch) => {
    const holder = requireSubject(batch, profileId);
    // Whatever was decided of it while this one waited for the profile counts.
    const current = await findMerge(batch.sql, batch.workspaceId, mergeId);
    if (current === undefined || (await holderOf(batch, current)) !== profileId) {
      throw new RetryBatch('the profile became part of another meanwhile');
    }
    const { handover } = await partIn(batch, { holder, merge: current, by: actorName(ctx.actor) });
    return { handovers: [handover], rebuilds: [holder, handover.into] };
  });
  await recordAudit(ctx, {
    action: 'profile.unmerged',
    subject: publicId('prf', profileId),
    detail: { merge: publicId('mrg', mergeId), restored: publicId('prf', merge.from_profile) },
  });
  return merge.from_profile;
}

async function holderOf(
  reader: Pick<SubjectBatch, 'sql' | 'workspaceId'>,
  merge: KeptMergeRow,
): Promise<string | undefined> {
  const { into_profile: into } = merge;
  return (await followMerged(reader.sql, reader.workspaceId, [into])).get(into);
}

async function partIn(
  batch: ReshapingBatch,
  of: { holder: Subject; merge: KeptMergeRow; by: string },
): Promise<{ handover: Handover }> {
  const { holder, merge, by } = of;
  const { sql, workspaceId } = batch;
  const state = holder.get(profileSection)!;
  const brought = merge.from_nodes.filter((id) => state.nodes.some(([, held]) => held === id));
  requireParts(merge, { state, brought });
  const gone = [...brought, ...(await laterIn(batch, { holder, merge, brought }))];
  const at = new Date(batch.now);
  if (!(await undoMerge(sql, workspaceId, { id: merge.id, profileId: merge.from_profile, at, by }))) {
    throw new RetryBatch('the merge was undone meanwhile');
  }
  await withdrawNodes(sql, workspaceId, { profileId: merge.into_profile, nodes: gone });
  const counts = await countMergesInto(sql, workspaceId, [holder.id, merge.from_profile]);
  const parted = partState(state, {
    nodes: new Set(gone),
    anchor: brought[0]!,
    mergesLeft: counts.get(holder.id) ?? 0,
    mergesTaken: counts.get(merge.from_profile) ?? 0,
  });
  const nodes = refsOf(parted.taken.nodes);
  await giveNodes(batch, { nodes, from: holder.id, to: merge.from_profile });
  const restored = batch.create(merge.from_profile);
  await setBothApart(batch, { state, holder, restored, parted });
  emitUnmerged(batch, { holder, restored });
  return { handover: { from: holder, into: restored, nodes } };
}

/** What came after the merge and belongs to the one who is brought back; nothing is read when nothing came. */
async function laterIn(
  batch: ReshapingBatch,
  of: { holder: Subject; merge: KeptMergeRow; brought: readonly number[] },
): Promise<number[]> {
  const merges = await listMergesOf(batch.sql, batch.workspaceId, { profileId: of.holder.id, limit: MERGES_MAX });
  const known = new Set([...merges, of.merge].flatMap((merge) => [...merge.from_nodes, ...merge.into_nodes]));
  const held = of.holder.get(profileSection)!.nodes.map(([, id]) => id);
  const later = new Set(held.filter((id) => !known.has(id)));
  if (later.size === 0 || of.merge.into_nodes.length === 0) return [];
  const events: number[][] = [];
  for await (const { nodes } of batch.past(of.holder)) {
    if (nodes.some(({ id }) => later.has(id))) events.push(nodes.map(({ id }) => id));
  }
  return laterNodesOf(events, { brought: new Set(of.brought), later });
}

function requireParts(merge: KeptMergeRow, of: { state: ProfileState; brought: readonly number[] }): void {
  if (merge.undone_at !== null) throw refuse('merge', 'this merge was undone already');
  if (of.brought.length === 0) {
    throw refuse('merge', 'nothing of what this profile brought is left: there is nobody to bring back');
  }
  if (of.brought.length === of.state.nodes.length) {
    throw refuse('merge', 'everything the profile has came with this merge: nothing would be left of the other');
  }
}

/** The two are apart from each other; whom either was apart from before, it still is. */
async function setBothApart(
  batch: SubjectBatch,
  of: { state: ProfileState; holder: Subject; restored: Subject; parted: ReturnType<typeof partState> },
): Promise<void> {
  const { state, holder, restored, parted } = of;
  const idsOf = (side: ProfileState) => side.nodes.map(([, id]) => id);
  const [left, taken] = [idsOf(parted.left), idsOf(parted.taken)];
  const before = await partApart(batch, { apart: state.apart ?? [], left, taken });
  holder.set(profileSection, setApart({ ...parted.left, apart: before.left }, taken));
  restored.set(profileSection, setApart({ ...parted.taken, apart: before.taken }, left));
}

/** Whose apartness it was is told by the other side: it names the identifiers of one of the two. */
async function partApart(
  batch: SubjectBatch,
  of: { apart: readonly number[]; left: readonly number[]; taken: readonly number[] },
): Promise<{ left: number[]; taken: number[] }> {
  const { apart } = of;
  if (apart.length === 0) return { left: [], taken: [] };
  const { sql, workspaceId } = batch;
  const owners = new Map((await findOwners(sql, workspaceId, apart)).map((row) => [row.id, row.profile_id]));
  const ids = [...new Set(owners.values())].filter((id) => id !== null);
  const states = await readSubjects(sql, workspaceId, ids);
  const names = (node: number, nodes: readonly number[]): boolean => {
    const theirs = states.get(owners.get(node) ?? '')?.get(profileSection)?.apart ?? [];
    return theirs.some((id) => nodes.includes(id));
  };
  const isUnknown = (node: number) => !names(node, of.left) && !names(node, of.taken);
  return {
    left: apart.filter((node) => names(node, of.left) || isUnknown(node)),
    taken: apart.filter((node) => names(node, of.taken) || isUnknown(node)),
  };
}

/** Told of both, each in its own timeline. */
function emitUnmerged(batch: SubjectBatch, { holder, restored }: { holder: Subject; restored: Subject }): void {
  for (const subject of [holder, restored]) {
    batch.emit({
      subjectId: subject.id,
      node: anchorNode(subject),
      name: 'Profiles Unmerged',
      occurredAt: batch.now,
      properties: { profile_id: publicId('prf', restored.id), from_profile_id: publicId('prf', holder.id) },
    });
  }
}
