import { type EventBatch, type NodeRef, RetryBatch, type Stage, type Subject } from '../../platform/eventlog/index.ts';
import { GenerationCache } from '../../platform/generation-cache.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { decideIdentity, type IdentityView } from './decide-identity.ts';
import { KIND_CODES, KIND_LIMITS, kindOfCode } from './identifier.ts';
import { findOwners, moveNodes, type NodeMove, type OwnedNodeRow } from './node-store.ts';
import { joinStates } from './identity-graph/profile-states.ts';
import { type HeldNode, newProfileState, profileSection } from './profile-section.ts';
import { type ConflictNote, insertProfiles, type MergeRow, recordConflicts, recordMerges } from './profile-store.ts';

/** Owners remembered by this process: about 150 bytes each. */
const CACHED_OWNERS_MAX = 400_000;
type OwnerCache = GenerationCache<number, string>;

/**
 * Gives every event of the batch its subject: found, new, or merged from several. Owners of nodes are remembered between
 * batches; what is remembered counts only if the locked profile itself still lists the node.
 */
export function createIdentityStage(): Stage {
  const cache: OwnerCache = new GenerationCache(CACHED_OWNERS_MAX);
  return {
    name: 'identity',
    async run(batch) {
      const resolution = new Resolution(batch, cache);
      await resolution.load();
      for (const entry of batch.entries) {
        const nodes = resolution.withoutErased(entry.event.nodes);
        if (nodes.length > 0)
          entry.subject = resolution.resolve(nodes === entry.event.nodes ? entry.event : { ...entry.event, nodes });
      }
      await resolution.write();
    },
  };
}

/** The identity of one batch while it is being decided. */
class Resolution implements IdentityView {
  readonly #batch: EventBatch;
  readonly #cache: OwnerCache;
  readonly #owners = new Map<number, string>();
  /** Who owned a node before the batch; null: nobody. */
  readonly #moved = new Map<number, { from: string | null; node: NodeRef; to: string }>();
  readonly #created = new Set<string>();
  readonly #erased = new Set<number>();
  readonly #merges: MergeRow[] = [];
  readonly #conflicts = new Map<string, ConflictNote>();

  constructor(batch: EventBatch, cache: OwnerCache) {
    this.#batch = batch;
    this.#cache = cache;
  }

  async load(): Promise<void> {
    const unknown = new Set<number>();
    const remembered = new Map<number, string>();
    for (const { event } of this.#batch.entries) {
      for (const { id } of event.nodes) {
        const owner = this.#cache.get(id);
        if (owner === undefined) unknown.add(id);
        else remembered.set(id, owner);
      }
    }
    for (const row of await this.#findOwners(unknown)) {
      if (row.is_erased) this.#erased.add(row.id);
      else if (row.profile_id !== null) this.#own(row.id, row.profile_id);
    }
    for (const [node, owner] of remembered) this.#owners.set(node, owner);
    await this.#batch.lock([...new Set(this.#owners.values())]);
    this.#forgetMoved();
    // Between reading the node and locking its profile the profile may have been merged away: its row is gone then.
    for (const owner of this.#owners.values()) {
      if (!this.#batch.subjects.has(owner)) throw new RetryBatch('a profile was merged meanwhile');
    }
  }

  async #findOwners(nodes: ReadonlySet<number>): Promise<OwnedNodeRow[]> {
    return nodes.size === 0 ? [] : findOwners(this.#batch.sql, this.#batch.workspaceId, [...nodes]);
  }

  /** Whoever takes a node from a profile takes it off the profile's own list as well, so the list tells. */
  #forgetMoved(): void {
    let moved = 0;
    for (const [node, owner] of this.#owners) {
      const nodes = this.#batch.subjects.get(owner)?.get(profileSection)?.nodes;
      if (nodes?.some(([, id]) => id === node) === true) continue;
      this.#cache.delete(node);
      moved++;
    }
    if (moved > 0) throw new RetryBatch(`${moved} nodes went to other profiles meanwhile`);
  }

  /** What is still under way of a customer who was erased brings nobody back. */
  withoutErased(nodes: readonly NodeRef[]): readonly NodeRef[] {
    return this.#erased.size === 0 ? nodes : nodes.filter(({ id }) => !this.#erased.has(id));
  }

  #own(node: number, owner: string): void {
    this.#owners.set(node, owner);
    this.#cache.set(node, owner);
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

  isApart(a: string, b: string): boolean {
    const apartOf = (id: string) => this.#batch.subjects.get(id)?.get(profileSection)?.apart ?? [];
    const holds = (id: string, nodes: readonly number[]) =>
      nodes.length > 0 && this.nodesOf(id).some((node) => nodes.includes(node.id));
    return holds(a, apartOf(b)) || holds(b, apartOf(a));
  }

  resolve(event: { id: string; nodes: readonly NodeRef[]; occurredAt: number }): Subject {
    const known = this.#settled(event.nodes);
    if (known !== undefined) return known;
    const decision = decideIdentity(event.nodes, this);
    const subject =
      decision.profileId === undefined ? this.#create(decision.attach, event) : this.#subject(decision.profileId);
    for (const from of decision.merge) this.#merge(this.#subject(from), subject, event.id);
    if (decision.profileId !== undefined) this.#attach(subject, decision.attach);
    for (const node of decision.conflicts) {
      this.#conflicts.set(`${subject.id} ${node.id}`, {
        profileId: subject.id,
        node: node.id,
        owner: this.#owners.get(node.id) ?? null,
        reason: this.#reasonOf(subject, node),
        causeMessageId: event.id,
      });
    }
    return subject;
  }

  /** Why an identifier was left where it is. */
  #reasonOf(subject: Subject, node: NodeRef): ConflictNote['reason'] {
    const owner = this.#owners.get(node.id);
    if (owner === undefined) return 'limit';
    if (this.isApart(owner, subject.id)) return 'apart';
    const hasUserId = (id: string) => this.nodesOf(id).some(({ kind }) => kind === KIND_CODES.userId);
    return hasUserId(owner) && hasUserId(subject.id) ? 'user_id' : 'limit';
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
    subject.set(profileSection, {
      ...state,
      nodes: [...state.nodes, ...nodes.map((n): HeldNode => [n.kind, n.id])],
    });
    for (const node of nodes) this.#give(node, subject.id);
  }

  /** `from` is who had the node; before the batch, unless it was moved in it already. Most of them are on no event of it. */
  #give(node: NodeRef, to: string, from: string | null = null): void {
    const before = this.#moved.get(node.id);
    this.#moved.set(node.id, { node, to, from: before === undefined ? from : before.from });
    this.#owners.set(node.id, to);
  }

  #merge(from: Subject, into: Subject, causeMessageId: string): void {
    const nodes = this.nodesOf(from.id);
    const theirs = from.get(profileSection)!;
    const ours = into.get(profileSection)!;
    into.set(profileSection, joinStates(ours, theirs));
    for (const node of nodes) this.#give(node, into.id, from.id);
    if (this.#created.delete(from.id)) this.#retarget(from.id, into.id);
    else {
      const id = newUuid(this.#batch.now);
      this.#merges.push({ id, from: from.id, into: into.id, nodes: nodes.map((n) => n.id), causeMessageId });
    }
    this.#batch.merges.push({ from, into });
    this.#batch.remove(from.id);
    for (const entry of this.#batch.entries) if (entry.subject === from) entry.subject = into;
  }

  /** A profile that came and went within the batch is never written: what was merged into it went on with it. */
  #retarget(gone: string, into: string): void {
    for (const [index, merge] of this.#merges.entries()) {
      if (merge.into === gone) this.#merges[index] = { ...merge, into };
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
    // `into` may have been merged further in the same batch; its nodes are the last one's now.
    const owner = this.#owners.get(merge.nodes[0]!);
    const node = owner === undefined ? undefined : this.nodesOf(owner)[0];
    if (owner === undefined || node === undefined) return;
    this.#batch.emit({
      subjectId: owner,
      node,
      name: 'Profiles Merged',
      occurredAt: this.#batch.now,
      properties: { from_profile_id: publicId('prf', merge.from), into_profile_id: publicId('prf', merge.into) },
    });
  }
}
