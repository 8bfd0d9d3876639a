import { type EventBatch, type NodeRef, RetryBatch } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { NODES_MAX } from './identity-limits.ts';
import { moveNodes, type NodeMove, setNodeFlags } from './node-store.ts';
import { type HeldNode, profileSection } from './profile-section.ts';
import {
  askForRebuilds,
  type ConflictNote,
  insertProfiles,
  type MergeRow,
  recordConflicts,
  recordMerges,
  withdrawBrought,
} from './profile-store.ts';

/** A node that changed hands within the batch. */
interface Moved {
  /** Who had it before the batch; null: nobody. */
  readonly from: string | null;
  readonly node: NodeRef;
  readonly to: string;
}

/** A node taken from a profile that lives on: both are to be counted anew. */
export interface TakenNode {
  readonly from: string;
  readonly into: string;
  readonly node: number;
  readonly reason: 'claim_refuted' | 'quarantine';
}

/** What one batch makes of identities, beside the states of the profiles: rows to be written and events to be told. */
export class IdentityChanges {
  readonly #batch: EventBatch;
  readonly #moved = new Map<number, Moved>();
  readonly #created = new Set<string>();
  readonly #merges: MergeRow[] = [];
  readonly #conflicts = new Map<string, ConflictNote>();
  readonly #taken: TakenNode[] = [];
  /** By what merge of an earlier batch a taken node may have come: into whom. */
  readonly #withdrawn: { profileId: string; node: number }[] = [];
  readonly #flagged = new Map<number, number>();
  /** By profile: which cap it reached. */
  readonly #alerts = new Map<string, 'merge_limit' | 'node_limit'>();

  constructor(batch: EventBatch) {
    this.#batch = batch;
  }

  noteCreated(profileId: string): void {
    this.#created.add(profileId);
  }

  /** `from`: before the batch, unless it was moved in it already. */
  noteMoved(node: NodeRef, { from, to }: { from: string | null; to: string }): void {
    const before = this.#moved.get(node.id);
    this.#moved.set(node.id, { node, to, from: before === undefined ? from : before.from });
  }

  noteFlags(node: number, flags: number): void {
    this.#flagged.set(node, flags);
  }

  noteTaken(taken: TakenNode): void {
    this.#taken.push(taken);
    const parts = this.#partsOf(taken.from);
    this.#withdrawn.push(...[...parts].map((profileId) => ({ profileId, node: taken.node })));
    for (const [index, merge] of this.#merges.entries()) {
      if (!parts.has(merge.into) || !merge.nodes.includes(taken.node)) continue;
      this.#merges[index] = { ...merge, nodes: merge.nodes.filter((id) => id !== taken.node) };
    }
  }

  /** Itself and what became part of it within the batch. */
  #partsOf(profileId: string): Set<string> {
    const parts = new Set([profileId]);
    // Whatever was merged went once only, and later merges stand behind.
    for (const { from, into } of this.#merges.toReversed()) if (parts.has(into)) parts.add(from);
    return parts;
  }

  noteConflict(conflict: ConflictNote): void {
    this.#conflicts.set(`${conflict.profileId} ${conflict.node}`, conflict);
  }

  noteMerge(merge: Omit<MergeRow, 'id'>): void {
    if (this.#created.delete(merge.from)) this.#retarget(merge.from, merge.into);
    else this.#merges.push({ ...merge, id: newUuid(this.#batch.now) });
  }

  /** Once, when it becomes full: whatever comes later is not stored and changes nothing. */
  noteSize(profileId: string, size: { before: number; after: number }): void {
    if (size.before < NODES_MAX && size.after >= NODES_MAX) this.#alerts.set(profileId, 'node_limit');
  }

  /** A profile that came and went within the batch is never written: what was merged into it went on with it. */
  #retarget(gone: string, into: string): void {
    for (const [index, merge] of this.#merges.entries()) {
      if (merge.into === gone) this.#merges[index] = { ...merge, into };
    }
    for (const [key, conflict] of this.#conflicts) {
      const profileId = conflict.profileId === gone ? into : conflict.profileId;
      const owner = conflict.owner === gone ? into : conflict.owner;
      if (profileId === conflict.profileId && owner === conflict.owner) continue;
      this.#conflicts.delete(key);
      if (profileId !== owner) this.#conflicts.set(`${profileId} ${conflict.node}`, { ...conflict, profileId, owner });
    }
    for (const [index, taken] of this.#taken.entries()) {
      if (taken.from === gone) this.#taken[index] = { ...taken, from: into };
      else if (taken.into === gone) this.#taken[index] = { ...taken, into };
    }
  }

  async write(): Promise<void> {
    const { sql, workspaceId, now } = this.#batch;
    const at = new Date(now);
    await insertProfiles(
      sql,
      workspaceId,
      [...this.#created].map((id) => ({ id, createdAt: at })),
    );
    await this.#move();
    const stayed = [...this.#flagged].filter(([node]) => !this.#moved.has(node));
    await setNodeFlags(sql, workspaceId, stayed);
    // Before those of this batch are there: by one of them the node may have come back.
    await withdrawBrought(sql, workspaceId, this.#withdrawn);
    await recordMerges(sql, workspaceId, { merges: this.#merges, at });
    for (const merge of this.#merges) this.#emitMerged(merge);
    await askForRebuilds(sql, workspaceId, { taken: this.#taken, at });
    const conflicts = [...this.#conflicts.values()];
    const alarming = await recordConflicts(sql, workspaceId, { conflicts, at, alertReason: 'merge_limit' });
    for (const profileId of alarming) this.#alerts.set(profileId, 'merge_limit');
    for (const [profileId, reason] of this.#alerts) this.#emit(profileId, 'Identity Alert', { reason });
  }

  async #move(): Promise<void> {
    const moves = [...this.#moved.values()].map((m): NodeMove => ({
      node: m.node.id,
      from: m.from,
      to: m.to,
      flags: this.#nodesOf(m.to).find(([, id]) => id === m.node.id)?.[3] ?? 0,
    }));
    const versions = await moveNodes(this.#batch.sql, this.#batch.workspaceId, moves);
    if (versions.length !== moves.length) throw new RetryBatch('a node was given away meanwhile');
    for (const { id, version } of versions) this.#emitMap(this.#moved.get(id)!, version);
  }

  #nodesOf(profileId: string): readonly HeldNode[] {
    return this.#batch.subjects.get(profileId)?.get(profileSection)?.nodes ?? [];
  }

  #emitMap({ node, to }: Moved, version: number): void {
    this.#batch.emit({
      type: 'map',
      subjectId: to,
      node,
      name: '',
      occurredAt: this.#batch.now,
      properties: { profile_id: to, version },
    });
  }

  #emitMerged(merge: MergeRow): void {
    // `into` may have been merged further in the same batch; its nodes are the last one's now.
    const owner = this.#moved.get(merge.nodes[0]!)?.to;
    if (owner === undefined) return;
    this.#emit(owner, 'Profiles Merged', {
      from_profile_id: publicId('prf', merge.from),
      into_profile_id: publicId('prf', merge.into),
    });
  }

  #emit(subjectId: string, name: string, properties: Record<string, string>): void {
    const [first] = this.#nodesOf(subjectId);
    if (first === undefined) return;
    const [kind, id] = first;
    this.#batch.emit({ subjectId, node: { kind, id }, name, occurredAt: this.#batch.now, properties });
  }
}
