import type { EventBatch, LoggedEvent } from '../../platform/eventlog/index.ts';
import { nodeIdsOf } from '../profiles/index.ts';
import { insertMarks, moveToProfiles, type NewMark } from './follow-store.ts';
import { refreshStates } from './refresh-states.ts';

/**
 * Gives what was said by merged profiles to those they became part of, notes the merges, and weighs anew: the most
 * restrictive of both sides holds until something is said after the merge. `finals`: from `finalOwners`.
 */
export async function followMerges(
  batch: Pick<EventBatch, 'sql' | 'workspaceId' | 'now' | 'merges' | 'entries'>,
  finals: ReadonlyMap<string, string>,
): Promise<void> {
  const { sql, workspaceId } = batch;
  if (batch.merges.length === 0) return;
  await moveToProfiles(sql, workspaceId, finals);
  await insertMarks(sql, workspaceId, marksOf(batch, finals));
  // Of who went nothing is left to count.
  await refreshStates(sql, workspaceId, [...finals].flat());
}

function marksOf(
  { merges, entries, now }: Pick<EventBatch, 'merges' | 'entries' | 'now'>,
  finals: ReadonlyMap<string, string>,
): NewMark[] {
  return merges.map(({ from, into }) => {
    const fromNodes = new Set(nodeIdsOf(from));
    const intoNodes = new Set(nodeIdsOf(into).filter((node) => !fromNodes.has(node)));
    const cause = entries.find(({ event }) => names(event, fromNodes) && names(event, intoNodes))?.event;
    return {
      profileId: finals.get(into.id) ?? into.id,
      fromProfile: from.id,
      intoProfile: into.id,
      fromNodes: [...fromNodes],
      intoNodes: [...intoNodes],
      // A member's merge has no event: it is said now.
      saidAt: cause === undefined ? now : Math.min(cause.occurredAt, cause.receivedAt, now),
      mergedAt: now,
    };
  });
}

function names({ nodes }: LoggedEvent, ids: ReadonlySet<number>): boolean {
  return nodes.some((node) => ids.has(node.id));
}
