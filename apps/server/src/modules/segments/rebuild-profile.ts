import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import {
  inSubjects,
  inTransaction,
  isWaitingAsDeadLetter,
  type LanePosition,
  readPositions,
  readTail,
  type SubjectBatch,
  type TxCtx,
} from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { nodeIdsOf } from '../profiles/index.ts';
import { decodeLeaves, encodeLeaves } from './advance-member.ts';
import { advanceMembers } from './advance-members.ts';
import { segmentDefinitions, type SegmentDefinitions } from './definitions.ts';
import { historyLeafState, historyQuery } from './history-sql.ts';
import { applyEvents, type LeafStates, mergeLeafStates } from './leaf-state.ts';
import { asRuleEvent } from './rule-input.ts';
import { EMPTY_STATE, segmentSection } from './segment-section.ts';

/**
 * Counts a profile's leaf states anew from its whole history and evaluates every rule: the state is a cache, this is how
 * it is filled. The profile is locked meanwhile, so everything up to the processor's positions has been applied to it and
 * nothing later; what the archive does not hold yet of that is read from the log.
 */
export async function rebuildProfile(ctx: Ctx, profileId: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await rebuildIn(ctx, profileId);
    await recordAudit(ctx, { action: 'profile.rebuilt', subject: publicId('prf', profileId) });
  });
}

/** The history holds what waits as a dead letter too: counted now, it would count again when it is replayed. */
async function refuseWhileLettersWait(batch: SubjectBatch, nodes: readonly number[]): Promise<void> {
  if (!(await isWaitingAsDeadLetter(batch.sql, batch.workspaceId, nodes))) return;
  throw new AppError('conflict', 'Events of this profile wait as dead letters', {
    details: [{ field: '', message: 'replay or discard its dead letters first, then rebuild' }],
  });
}

async function rebuildIn(ctx: TxCtx, profileId: string): Promise<void> {
  await inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async (batch) => {
    const subject = batch.subjects.get(profileId);
    if (subject === undefined) throw new AppError('not_found', 'There is no such profile');
    const definitions = await segmentDefinitions(batch);
    const nodes = nodeIdsOf(subject);
    await refuseWhileLettersWait(batch, nodes);
    const leaves = await countLeaves(ctx, batch, { definitions, nodes });
    const stored = subject.get(segmentSection) ?? EMPTY_STATE;
    const kept = partialLeaves(definitions, decodeLeaves(definitions, stored.leaves));
    subject.set(segmentSection, { ...stored, leaves: encodeLeaves(definitions, { ...leaves, ...kept }) });
    await advanceMembers(batch, definitions, [
      { subject, events: [], merged: [], everyRule: true, node: undefined, woken: true },
    ]);
  });
}

/** A leaf under back-fill stays as it is: its history is about to be folded in, and would count twice. */
function partialLeaves(definitions: SegmentDefinitions, leaves: LeafStates): LeafStates {
  return Object.fromEntries(Object.entries(leaves).filter(([key]) => definitions.partial.has(key)));
}

async function countLeaves(
  ctx: Ctx,
  batch: SubjectBatch,
  options: { definitions: SegmentDefinitions; nodes: readonly number[] },
): Promise<LeafStates> {
  const { definitions, nodes } = options;
  const cut = await readPositions(batch.sql, 'archive');
  const processed = await readPositions(batch.sql, 'processor');
  const counted = await Promise.all(
    [...definitions.rules.leaves]
      .filter(([key]) => !definitions.partial.has(key))
      .map(async ([key, leaf]): Promise<LeafStates[]> => {
        const query = historyQuery(leaf, {
          workspaceId: ctx.workspaceId,
          cut: earlier(cut, processed),
          nowMs: batch.now,
          nodes,
        });
        const rows = await ctx.history.query(query);
        return rows.map((row) => ({ [key]: historyLeafState(leaf, row, batch.now).times }));
      }),
  );
  const tail = await readTail(batch.sql, { from: cut, to: processed });
  const own = new Set(nodes);
  const events = tail
    .filter((event) => event.workspaceId === ctx.workspaceId && own.has(event.nodes[0]?.id ?? 0))
    .map(asRuleEvent);
  const states = applyEvents(definitions.rules, mergeLeafStates(counted.flat(), batch.now), {
    events,
    nowMs: batch.now,
  });
  return Object.fromEntries(Object.entries(states).filter(([key]) => !definitions.partial.has(key)));
}

/** Lane by lane the smaller position: the archive may be ahead of the processor. */
function earlier(a: readonly LanePosition[], b: readonly LanePosition[]): LanePosition[] {
  return a.map((position) => {
    const other = b.find((p) => p.log === position.log && p.lane === position.lane);
    return { ...position, seq: Math.min(position.seq, other?.seq ?? 0) };
  });
}
