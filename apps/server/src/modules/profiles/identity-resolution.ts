import {
  type EventBatch,
  type LoggedEvent,
  type NodeRef,
  RetryBatch,
  type Subject,
} from '../../platform/eventlog/index.ts';
import type { GenerationCache } from '../../platform/generation-cache.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { decideIdentity, type IdentityDecision, type IdentityView, isDeviceKind } from './decide-identity.ts';
import { joinStates, partState, takeNodes } from './identity-graph/profile-states.ts';
import { KIND_CODES } from './identifier.ts';
import type { IdentityRules } from './identity-rules.ts';
import { findOwners, moveNodes, type NodeMove, setNodeFlags } from './node-store.ts';
import { type HeldNode, newProfileState, NODE_FLAGS, profileSection, type ProfileState } from './profile-section.ts';
import {
  askForRebuilds,
  type ConflictNote,
  insertProfiles,
  type MergeRow,
  recordConflicts,
  recordMerges,
} from './profile-store.ts';
import { noteGuest, withGuests } from './shared-devices.ts';

export type OwnerCache = GenerationCache<number, string>;

/** A node that changed hands within the batch. */
interface Moved {
  /** Who had it before the batch; null: nobody. */
  readonly from: string | null;
  readonly node: NodeRef;
  readonly to: string;
}

/** A node taken from a profile that lives on: both are to be counted anew. */
interface Taken {
  readonly from: string;
  readonly into: string;
  readonly node: number;
  readonly reason: 'claim_refuted' | 'quarantine';
}

/** The identity of one batch while it is being decided. */
export class Resolution implements IdentityView {
  readonly rules: IdentityRules;
  readonly #batch: EventBatch;
  readonly #cache: OwnerCache;
  readonly #owners = new Map<number, string>();
  readonly #moved = new Map<number, Moved>();
  readonly #created = new Set<string>();
  readonly #erased = new Set<number>();
  readonly #merges: MergeRow[] = [];
  readonly #conflicts = new Map<string, ConflictNote>();
  readonly #taken: Taken[] = [];
  /** Whose flags changed while it stayed where it is. */
  readonly #flagged = new Map<number, number>();

  constructor(batch: EventBatch, options: { cache: OwnerCache; rules: IdentityRules }) {
    this.#batch = batch;
    this.#cache = options.cache;
    this.rules = options.rules;
  }

  async load(): Promise<void> {
    const unknown = new Set<number>();
    for (const { event } of this.#batch.entries) {
      for (const { id } of event.nodes) {
        const owner = this.#cache.get(id);
        if (owner === undefined) unknown.add(id);
        else this.#owners.set(id, owner);
      }
    }
    const rows =
      unknown.size === 0 ? [] : await findOwners(this.#batch.sql, this.#batch.workspaceId, [...unknown]);
    for (const row of rows) {
      if (row.is_erased) this.#erased.add(row.id);
      else if (row.profile_id !== null) {
        this.#owners.set(row.id, row.profile_id);
        this.#cache.set(row.id, row.profile_id);
      }
    }
    await this.#batch.lock([...new Set(this.#owners.values())]);
    this.#forgetMoved();
    // Between reading the node and locking its profile the profile may have been merged away: its row is gone then.
    for (const owner of this.#owners.values()) {
      if (!this.#batch.subjects.has(owner)) throw new RetryBatch('a profile was merged meanwhile');
    }
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

  ownerOf(nodeId: number): string | undefined {
    return this.#owners.get(nodeId);
  }

  stateOf(profileId: string): ProfileState {
    return this.#subject(profileId).get(profileSection)!;
  }

  /** Whose the event is; undefined when all it carries is of customers who were erased. */
  resolve(event: LoggedEvent): Subject | undefined {
    const { nodes, claims } = this.#withoutErased(event);
    if (nodes.length === 0) return undefined;
    const isOwn = event.type === 'internal';
    const known = this.#settled(nodes, isOwn);
    if (known !== undefined) {
      if (isOwn && provesAddress(event)) this.#confirm(known, nodes[0]!);
      return known;
    }
    const decision = decideIdentity({ nodes, claims, occurredAt: event.occurredAt }, this);
    const subject = this.#apply(decision, event);
    this.#watchDevices(event, { nodes, claims, decision });
    return subject;
  }

  /** What is still under way of a customer who was erased brings nobody back. */
  #withoutErased({ nodes, payload }: LoggedEvent): { nodes: readonly NodeRef[]; claims: readonly number[] | undefined } {
    const { claims } = payload;
    if (this.#erased.size === 0 || !nodes.some(({ id }) => this.#erased.has(id))) return { nodes, claims };
    const left = nodes.filter(({ id }) => !this.#erased.has(id));
    return { nodes: left, claims: claims?.map((place) => left.indexOf(nodes[place]!)).filter((place) => place >= 0) };
  }

  /** The common case without any decision: every node belongs to the same profile, of whose nodes nothing is in doubt. */
  #settled(nodes: readonly NodeRef[], isOwn: boolean): Subject | undefined {
    const owner = this.#owners.get(nodes[0]!.id);
    if (owner === undefined) return undefined;
    for (let i = 1; i < nodes.length; i++) if (this.#owners.get(nodes[i]!.id) !== owner) return undefined;
    const subject = this.#subject(owner);
    if (isOwn) return subject;
    for (const held of subject.get(profileSection)!.nodes) if ((held[3] ?? 0) !== 0) return undefined;
    return subject;
  }

  #apply(decision: IdentityDecision, event: LoggedEvent): Subject {
    const { profileId } = decision;
    const subject = profileId === undefined ? this.#create(decision, event) : this.#subject(profileId);
    for (const from of decision.merge) this.#merge(this.#subject(from), subject, event.id);
    if (profileId !== undefined) this.#attach(subject, decision.attach);
    for (const { node, from } of decision.take) this.#take(node, { from, into: subject, reason: 'claim_refuted' });
    for (const node of decision.confirm) this.#confirm(subject, node);
    for (const { node, reason } of decision.conflicts) {
      const taken = decision.take.find((one) => one.node[1] === node.id);
      this.#conflicts.set(`${subject.id} ${node.id}`, {
        profileId: subject.id,
        node: node.id,
        owner: taken?.from ?? this.#owners.get(node.id) ?? null,
        reason,
        causeMessageId: event.id,
      });
    }
    return subject;
  }

  #subject(profileId: string): Subject {
    return this.#batch.subjects.get(profileId)!;
  }

  #create(decision: IdentityDecision, event: { occurredAt: number }): Subject {
    const subject = this.#newSubject(
      decision.attach.length > 0 ? decision.attach : decision.take.map(({ node }) => node),
      event.occurredAt,
    );
    for (const node of decision.attach) this.#give(refOf(node), subject.id);
    return subject;
  }

  #newSubject(nodes: readonly HeldNode[], atMs: number): Subject {
    const id = newUuid(this.#batch.now);
    const subject = this.#batch.create(id);
    this.#created.add(id);
    subject.set(profileSection, newProfileState(nodes, atMs));
    return subject;
  }

  #attach(subject: Subject, nodes: readonly HeldNode[]): void {
    if (nodes.length === 0) return;
    const state = subject.get(profileSection)!;
    subject.set(profileSection, { ...state, nodes: [...state.nodes, ...nodes] });
    for (const node of nodes) this.#give(refOf(node), subject.id);
  }

  /** From a profile that lives on: what is filed under the node follows as soon as both are counted anew. */
  #take(node: HeldNode, of: { from: string; into: Subject; reason: Taken['reason'] }): void {
    const { from, into, reason } = of;
    const [, id] = node;
    const former = this.#subject(from);
    const state = former.get(profileSection)!;
    const merges = state.merges ?? 0;
    former.set(
      profileSection,
      partState(state, { nodes: new Set([id]), anchor: id, mergesLeft: merges, mergesTaken: 0 }).left,
    );
    const held = into.get(profileSection)!;
    if (!held.nodes.some(([, own]) => own === id)) into.set(profileSection, takeNodes(held, [node]));
    this.#give(refOf(node), into.id, from);
    this.#taken.push({ from, into: into.id, node: id, reason });
  }

  #confirm(subject: Subject, node: NodeRef): void {
    this.#setFlags(subject, node.id, (flags) => flags & ~NODE_FLAGS.claimed);
  }

  #setFlags(subject: Subject, node: number, change: (flags: number) => number): void {
    const state = subject.get(profileSection)!;
    const before = state.nodes.find(([, id]) => id === node)?.[3] ?? 0;
    const after = change(before);
    if (after === before) return;
    const nodes = state.nodes.map(
      (held): HeldNode => (held[1] === node ? withFlags(held, after) : held),
    );
    subject.set(profileSection, { ...state, nodes });
    this.#flagged.set(node, after);
  }

  /** `from` is who had the node; before the batch, unless it was moved in it already. Most of them are on no event of it. */
  #give(node: NodeRef, to: string, from: string | null = null): void {
    const before = this.#moved.get(node.id);
    this.#moved.set(node.id, { node, to, from: before === undefined ? from : before.from });
    this.#owners.set(node.id, to);
  }

  #merge(from: Subject, into: Subject, causeMessageId: string): void {
    const theirs = from.get(profileSection)!;
    const nodes = theirs.nodes.map(refOf);
    into.set(profileSection, joinStates(into.get(profileSection)!, theirs));
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

  /** Who sits before a device: seen with a second user id it identifies neither, seen with too many it is nobody's own. */
  #watchDevices(
    event: LoggedEvent,
    of: { nodes: readonly NodeRef[]; claims: readonly number[] | undefined; decision: IdentityDecision },
  ): void {
    const user = of.nodes.find(({ kind }) => kind === KIND_CODES.userId);
    if (user === undefined) return;
    for (const node of of.nodes) {
      if (!isDeviceKind(node.kind)) continue;
      const owner = this.#owners.get(node.id);
      if (owner === undefined) continue;
      const isNewlyShared = of.decision.conflicts.some(
        (one) => one.node.id === node.id && one.reason === 'shared_device',
      );
      const flags = this.#heldOf(owner, node.id)?.[3] ?? 0;
      if (isNewlyShared || (flags & NODE_FLAGS.shared) !== 0) this.#noteGuest(node, owner, [user.id, event.occurredAt]);
    }
  }

  #noteGuest(node: NodeRef, owner: string, guest: [number, number]): void {
    const subject = this.#subject(owner);
    const held = this.#heldOf(owner, node.id)!;
    if (((held[3] ?? 0) & NODE_FLAGS.quarantined) !== 0) return;
    this.#setFlags(subject, node.id, (flags) => flags | NODE_FLAGS.shared);
    const state = subject.get(profileSection)!;
    const own = state.nodes.find(([kind]) => kind === KIND_CODES.userId);
    const known = state.guests?.[String(node.id)] ?? (own === undefined ? [] : [[own[1], held[2] ?? guest[1]] as const]);
    const { guests, isTooMany } = noteGuest(known, guest, this.rules.userIdsPerHourMax);
    if (isTooMany && state.nodes.length > 1) return this.#quarantine(node, owner);
    subject.set(profileSection, withGuests(state, node.id, guests));
  }

  /** A till, a kiosk: it becomes an anonymous profile of its own, and what it did alone goes along. */
  #quarantine(node: NodeRef, owner: string): void {
    const held = this.#heldOf(owner, node.id)!;
    const atMs = held[2] ?? this.stateOf(owner).firstSeenMs;
    const flagged = withFlags([node.kind, node.id, atMs], NODE_FLAGS.shared | NODE_FLAGS.quarantined);
    const into = this.#newSubject([flagged], atMs);
    this.#take(flagged, { from: owner, into, reason: 'quarantine' });
    this.#flagged.set(node.id, flagged[3]!);
  }

  #heldOf(profileId: string, node: number): HeldNode | undefined {
    return this.stateOf(profileId).nodes.find(([, id]) => id === node);
  }

  async write(): Promise<void> {
    const { sql, workspaceId, now } = this.#batch;
    const at = new Date(now);
    await insertProfiles(
      sql,
      workspaceId,
      [...this.#created].map((id) => ({ id, createdAt: at })),
    );
    const moves = [...this.#moved.values()].map((m): NodeMove => ({
      node: m.node.id,
      from: m.from,
      to: m.to,
      flags: this.#heldOf(m.to, m.node.id)?.[3] ?? 0,
    }));
    const versions = await moveNodes(sql, workspaceId, moves);
    if (versions.length !== moves.length) throw new RetryBatch('a node was given away meanwhile');
    for (const { id, version } of versions) this.#emitMap(this.#moved.get(id)!, version);
    const stayed = [...this.#flagged].filter(([node]) => !this.#moved.has(node));
    await setNodeFlags(sql, workspaceId, stayed);
    await recordMerges(sql, workspaceId, { merges: this.#merges, at });
    for (const merge of this.#merges) this.#emitMerged(merge);
    await askForRebuilds(sql, workspaceId, { taken: this.#taken, at });
    const fresh = await recordConflicts(sql, workspaceId, { conflicts: [...this.#conflicts.values()], at });
    for (const conflict of this.#conflicts.values()) {
      const isNew = fresh.has(`${conflict.profileId} ${conflict.node}`);
      if (conflict.reason === 'merge_limit' && isNew) this.#emitAlert(conflict.profileId);
    }
  }

  #emitMap(move: Moved, version: number): void {
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
    if (owner === undefined) return;
    this.#emit(owner, 'Profiles Merged', {
      from_profile_id: publicId('prf', merge.from),
      into_profile_id: publicId('prf', merge.into),
    });
  }

  #emitAlert(profileId: string): void {
    if (this.#batch.subjects.has(profileId)) this.#emit(profileId, 'Identity Alert', { reason: 'merge_limit' });
  }

  #emit(subjectId: string, name: string, properties: Record<string, string>): void {
    const node = this.stateOf(subjectId).nodes.map(refOf)[0];
    if (node === undefined) return;
    this.#batch.emit({ subjectId, node, name, occurredAt: this.#batch.now, properties });
  }
}

/** What Segue itself saw happen in the mailbox: a link followed by a person, an opt-in confirmed. */
function provesAddress({ name, payload }: LoggedEvent): boolean {
  return name === 'Email Link Clicked' || (name === 'Consent Updated' && payload.properties?.['confirmed'] === true);
}

function refOf([kind, id]: HeldNode): NodeRef {
  return { kind, id };
}

function withFlags([kind, id, atMs]: HeldNode, flags: number): HeldNode {
  if (flags !== 0) return [kind, id, atMs ?? 0, flags];
  return atMs === undefined ? [kind, id] : [kind, id, atMs];
}
