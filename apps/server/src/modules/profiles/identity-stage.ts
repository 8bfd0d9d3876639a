import { type EventBatch, type NodeRef, RetryBatch, type Stage, type Subject } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { decideIdentity, type IdentityView } from './decide-identity.ts';
import { KIND_LIMITS, kindOfCode } from './identifier.ts';
import { findOwners, moveNodes, type NodeMove } from './node-store.ts';
import { newProfileState, profileSection, type ProfileState } from './profile-section.ts';
import { insertProfiles, type MergeRow, recordConflicts, recordMerges } from './profile-store.ts';

/** Gives every event of the batch its subject: found, new, or merged from several. */
export const identityStage: Stage = {
  name: 'identity',
  async run(batch) {
    const resolution = new Resolution(batch);
    await resolution.load();
    for (const entry of batch.entries) {
      if (entry.event.nodes.length > 0) entry.subject = resolution.resolve(entry.event);
    }
    await resolution.write();
  },
};

/** The identity of one batch while it is being decided. */
class Resolution implements IdentityView {
  readonly #batch: EventBatch;
  readonly #owners = new Map<number, string>();
  /** Who owned a node before the batch; null: nobody. */
  readonly #moved = new Map<number, { from: string | null; node: NodeRef; to: string }>();
  readonly #created = new Set<string>();
  readonly #merges: MergeRow[] = [];
  readonly #conflicts = new Map<string, { profileId: string; node: number; causeMessageId: string }>();

  constructor(batch: EventBatch) {
    this.#batch = batch;
  }

  async load(): Promise<void> {
    const nodeIds = new Set<number>();
    for (const { event } of this.#batch.entries) for (const node of event.nodes) nodeIds.add(node.id);
    const rows = await findOwners(this.#batch.sql, this.#batch.workspaceId, [...nodeIds]);
    const owners = new Set<string>();
    for (const row of rows) {
      if (row.profile_id === null) continue;
      this.#owners.set(row.id, row.profile_id);
      owners.add(row.profile_id);
    }
    await this.#batch.lock([...owners]);
    // Between reading the node and locking its profile the profile may have been merged away: its row is gone then.
    for (const owner of owners) if (!this.#batch.subjects.has(owner)) throw new RetryBatch('a profile was merged meanwhile');
  }

  ownerOf(nodeId: number): string | undefined {
    return this.#owners.get(nodeId);
  }

  nodesOf(profileId: string): readonly NodeRef[] {
    const state = this.#batch.subjects.get(profileId)?.get(profileSection);
    return (state?.nodes ?? []).map(([kind, id]) => ({ kind, id }));
  }

  limitOf(kind: number): number {
    const name = kindOfCode(kind);
    return name === undefined ? 1 : KIND_LIMITS[name];
  }

  resolve(event: { id: string; nodes: readonly NodeRef[]; occurredAt: number }): Subject {
    const known = this.#settled(event.nodes);
    if (known !== undefined) return known;
    const decision = decideIdentity(event.nodes, this);
    const subject = decision.profileId === undefined ? this.#create(decision.attach, event) : this.#subject(decision.profileId);
    for (const from of decision.merge) this.#merge(this.#subject(from), subject, event.id);
    if (decision.profileId !== undefined) this.#attach(subject, decision.attach);
    for (const node of decision.conflicts) {
      this.#conflicts.set(`${subject.id} ${node.id}`, { profileId: subject.id, node: node.id, causeMessageId: event.id });
    }
    return subject;
  }

  /** The common case without any decision: every node already belongs to the same profile. */
  #settled(nodes: readonly NodeRef[]): Subject | undefined {
    const owner = this.#owners.get(nodes[0]!.id);
    if (owner === undefined) return undefined;
    for (let i = 1; i < nodes.length; i++) if (this.#owners.get(nodes[i]!.id) !== owner) return undefined;
    return this.#subject(owner);
  }

  #subject(profileId: string): Subject {
    return this.#batch.subjects.get(profileId)!;
  }

  #create(nodes: readonly NodeRef[], event: { occurredAt: number }): Subject {
    const id = newUuid(this.#batch.now);
    const subject = this.#batch.create(id);
    this.#created.add(id);
    subject.set(profileSection, newProfileState(nodes, event.occurredAt));
    for (const node of nodes) this.#give(node, id);
    return subject;
  }

  #attach(subject: Subject, nodes: readonly NodeRef[]): void {
    if (nodes.length === 0) return;
    const state = subject.get(profileSection)!;
    subject.set(profileSection, { ...state, nodes: [...state.nodes, ...nodes.map((n): [number, number] => [n.kind, n.id])] });
    for (const node of nodes) this.#give(node, subject.id);
  }

  #give(node: NodeRef, to: string): void {
    const before = this.#moved.get(node.id);
    this.#moved.set(node.id, { node, to, from: before === undefined ? (this.#owners.get(node.id) ?? null) : before.from });
    this.#owners.set(node.id, to);
  }

  #merge(from: Subject, into: Subject, causeMessageId: string): void {
    const nodes = this.nodesOf(from.id);
    const theirs = from.get(profileSection)!;
    const ours = into.get(profileSection)!;
    into.set(profileSection, {
      ...ours,
      nodes: [...ours.nodes, ...theirs.nodes],
      firstSeenMs: Math.min(ours.firstSeenMs, theirs.firstSeenMs),
      lastSeenMs: Math.max(ours.lastSeenMs, theirs.lastSeenMs),
    } satisfies ProfileState);
    for (const node of nodes) this.#give(node, into.id);
    if (!this.#created.delete(from.id)) {
      const id = newUuid(this.#batch.now);
      this.#merges.push({ id, from: from.id, into: into.id, nodes: nodes.map((n) => n.id), causeMessageId });
    }
    this.#batch.merges.push({ from, into });
    this.#batch.remove(from.id);
    for (const entry of this.#batch.entries) if (entry.subject === from) entry.subject = into;
  }

  async write(): Promise<void> {
    const { sql, workspaceId, now } = this.#batch;
    const at = new Date(now);
    await insertProfiles(sql, workspaceId, [...this.#created].map((id) => ({ id, createdAt: at })));
    const moves = [...this.#moved.values()].map((m): NodeMove => ({ node: m.node.id, from: m.from, to: m.to }));
    const versions = await moveNodes(sql, workspaceId, moves);
    if (versions.length !== moves.length) throw new RetryBatch('a node was given away meanwhile');
    for (const { id, version } of versions) this.#emitMap(this.#moved.get(id)!, version);
    await recordMerges(sql, workspaceId, { merges: this.#merges, at });
    for (const merge of this.#merges) this.#emitMerged(merge);
    await recordConflicts(sql, workspaceId, { conflicts: [...this.#conflicts.values()], at });
  }

  #emitMap(move: { node: NodeRef; to: string }, version: number): void {
    this.#batch.emit({
      type: 'map',
      subjectId: move.to,
      node: move.node,
      name: '',
      occurredAt: this.#batch.now,
      properties: { profile_id: move.to, version },
    });
  }

  #emitMerged(merge: MergeRow): void {
    const node = this.nodesOf(merge.into)[0];
    if (node === undefined) return;
    this.#batch.emit({
      subjectId: merge.into,
      node,
      name: 'Profiles Merged',
      occurredAt: this.#batch.now,
      properties: { from_profile_id: publicId('prf', merge.from), into_profile_id: publicId('prf', merge.into) },
    });
  }
}
