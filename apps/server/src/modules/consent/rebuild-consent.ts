import type { Handover, RebuildBatch } from '../../platform/eventlog/index.ts';
import { findMarks, moveWithNodes, type OwnedMark, replaceMarks } from './follow-store.ts';
import { refreshStates } from './refresh-states.ts';
import { splitMerges } from './split-merges.ts';

/**
 * What was said goes with the identifier it was said under; a merge whose sides are apart again binds nobody any more, and
 * what counts is weighed anew from the records.
 */
export async function rebuildConsent(
  batch: Pick<RebuildBatch, 'sql' | 'workspaceId' | 'handovers' | 'rebuilds'>,
): Promise<void> {
  const { sql, workspaceId, handovers, rebuilds } = batch;
  await moveWithNodes(sql, workspaceId, handovers);
  await followHandovers(batch);
  const touched = handovers.flatMap(({ from, into }) => [from.id, into.id]);
  await refreshStates(sql, workspaceId, [...touched, ...rebuilds.map((subject) => subject.id)]);
}

async function followHandovers({
  sql,
  workspaceId,
  handovers,
}: Pick<RebuildBatch, 'sql' | 'workspaceId' | 'handovers'>): Promise<void> {
  if (handovers.length === 0) return;
  const ids = [...new Set(handovers.flatMap(({ from, into }) => [from.id, into.id]))];
  const marks = await findMarks(sql, workspaceId, ids);
  const before = [...marks.values()].flat();
  for (const { from, into, nodes } of handovers) handOver(marks, { from, into, nodes });
  const after = new Map([...marks.values()].flat().map((mark) => [keyOf(mark), mark]));
  const known = new Set(before.map(keyOf));
  const gone = before.filter((mark) => !after.has(keyOf(mark)));
  const kept = [...after].flatMap(([key, mark]) => (known.has(key) ? [] : [mark]));
  if (gone.length + kept.length > 0) await replaceMarks(sql, workspaceId, { gone, kept });
}

function handOver(marks: Map<string, OwnedMark[]>, { from, into, nodes }: Handover): void {
  const { staying, going } = splitMerges(marks.get(from.id) ?? [], new Set(nodes.map((node) => node.id)));
  marks.set(from.id, [...staying]);
  const known = marks.get(into.id) ?? [];
  marks.set(into.id, [...known, ...going.map((mark) => ({ ...mark, profileId: into.id }))]);
}

function keyOf({ profileId, seq, fromNodes, intoNodes }: OwnedMark): string {
  return [profileId, seq, fromNodes.join(), intoNodes.join()].join(' ');
}
