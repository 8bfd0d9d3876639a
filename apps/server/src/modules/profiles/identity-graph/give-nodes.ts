import { type NodeRef, RetryBatch, type SubjectBatch } from '../../../platform/eventlog/index.ts';
import { moveNodes } from '../node-store.ts';

/** Gives nodes of one profile to another, and tells the history whose they are now. Both must be locked. */
export async function giveNodes(
  batch: SubjectBatch,
  gift: { nodes: readonly NodeRef[]; from: string | null; to: string },
): Promise<void> {
  const { nodes, from, to } = gift;
  const moves = nodes.map(({ id }) => ({ node: id, from, to }));
  const versions = await moveNodes(batch.sql, batch.workspaceId, moves);
  if (versions.length !== moves.length) throw new RetryBatch('a node was given away meanwhile');
  const kinds = new Map(nodes.map((node) => [node.id, node]));
  for (const { id, version } of versions) {
    batch.emit({
      type: 'map',
      subjectId: to,
      node: kinds.get(id)!,
      name: '',
      occurredAt: batch.now,
      properties: { profile_id: to, version },
    });
  }
}
