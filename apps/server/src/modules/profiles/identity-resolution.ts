import {
  type EventBatch,
  type LoggedEvent,
  type NodeRef,
  RetryBatch,
  type Subject,
} from '../../platform/eventlog/index.ts';
import type { GenerationCache } from '../../platform/generation-cache.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { decideIdentity, type IdentityDecision, type IdentityView, isDeviceKind } from './decide-identity.ts';
import { joinStates, partState, takeNodes } from './identity-graph/profile-states.ts';
import { KIND_CODES } from './identifier.ts';
import type { IdentityRules } from './identity-rules.ts';
import { IdentityChanges, type TakenNode } from './identity-changes.ts';
import { findOwners } from './node-store.ts';
import { noteAddresses } from './note-facts.ts';
import { type HeldNode, newProfileState, NODE_FLAGS, profileSection, type ProfileState } from './profile-section.ts';
import { noteGuest, withGuests } from './shared-devices.ts';

export type OwnerCache = GenerationCache<number, string>;

/** The identity of one batch while it is being decided. */
export class Resolution implements IdentityView {
  readonly rules: IdentityRules;
  readonly #batch: EventBatch;
  readonly #cache: OwnerCache;
  readonly #owners = new Map<number, string>();
  readonly #erased = new Set<number>();
  readonly #changes: IdentityChanges;

  constructor(batch: EventBatch, options: { cache: OwnerCache; rules: IdentityRules }) {
    this.#batch = batch;
    this.#cache = options.cache;
    this.#changes = new IdentityChanges(batch);
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
    const rows = unknown.size === 0 ? [] : await findOwners(this.#batch.sql, this.#batch.workspaceId, [...unknown]);
    const free = new Set<number>();
    for (const row of rows) {
      if (row.is_erased) this.#erased.add(row.id);
      else if (row.profile_id === null) free.add(row.id);
      else {
        this.#owners.set(row.id, row.profile_id);
        this.#cache.set(row.id, row.profile_id);
      }
    }
    await this.#batch.lock([...new Set(this.#owners.values())]);
    this.#forgetMoved();
    this.#refuseTaken(free);
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

  /** A node that was nobody's when it was looked up may have come to one of the profiles before it was locked. */
  #refuseTaken(free: ReadonlySet<number>): void {
    if (free.size === 0) return;
    for (const owner of new Set(this.#owners.values())) {
      const nodes = this.#batch.subjects.get(owner)?.get(profileSection)?.nodes ?? [];
      if (nodes.some(([, id]) => free.has(id))) throw new RetryBatch('a node of nobody went to a profile meanwhile');
    }
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
    this.#watchDevices(subject, event, { nodes, decision });
    return subject;
  }

  /** What is still under way of a customer who was erased brings nobody back. */
  #withoutErased({ nodes, payload }: LoggedEvent): {
    nodes: readonly NodeRef[];
    claims: readonly number[] | undefined;
  } {
    const { claims } = payload;
    if (this.#erased.size === 0 || !nodes.some(({ id }) => this.#erased.has(id))) return { nodes, claims };
    const left = nodes.filter(({ id }) => !this.#erased.has(id));
    return { nodes: left, claims: claims?.map((place) => left.indexOf(nodes[place]!)).filter((place) => place >= 0) };
  }

  /** The common case without any decision: every node belongs to the same profile, and none of them is in doubt. */
  #settled(nodes: readonly NodeRef[], isOwn: boolean): Subject | undefined {
    const owner = this.#owners.get(nodes[0]!.id);
    if (owner === undefined) return undefined;
    for (let i = 1; i < nodes.length; i++) if (this.#owners.get(nodes[i]!.id) !== owner) return undefined;
    const subject = this.#subject(owner);
    if (isOwn) return subject;
    for (const [, id, , flags = 0] of subject.get(profileSection)!.nodes) {
      if (flags !== 0 && nodes.some((node) => node.id === id)) return undefined;
    }
    return subject;
  }

  #apply(decision: IdentityDecision, event: LoggedEvent): Subject {
    const { profileId } = decision;
    const subject = profileId === undefined ? this.#create(decision, event) : this.#subject(profileId);
    for (const from of decision.merge) this.#merge(this.#subject(from), subject, event.id);
    for (const { id } of decision.doubt) this.#setFlags(subject, id, (flags) => flags | NODE_FLAGS.claimed);
    if (profileId !== undefined) this.#attach(subject, decision.attach);
    for (const { node, from } of decision.take) this.#take(node, { from, into: subject, reason: 'claim_refuted' });
    for (const node of decision.confirm) this.#confirm(subject, node);
    for (const { node, reason } of decision.conflicts) {
      const taken = decision.take.find((one) => one.node[1] === node.id);
      this.#changes.noteConflict({
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
    const subject = this.#batch.create(newUuid(this.#batch.now));
    this.#changes.noteCreated(subject.id);
    subject.set(profileSection, newProfileState(nodes, atMs));
    return subject;
  }

  #attach(subject: Subject, nodes: readonly HeldNode[]): void {
    if (nodes.length === 0) return;
    const state = subject.get(profileSection)!;
    const all = [...state.nodes, ...nodes];
    subject.set(profileSection, { ...state, nodes: all });
    this.#changes.noteSize(subject.id, { before: state.nodes.length, after: all.length });
    for (const node of nodes) this.#give(refOf(node), subject.id);
    noteAddresses(
      subject,
      nodes.map(([kind]) => kind),
    );
  }

  /** From a profile that lives on: what is filed under the node follows as soon as both are counted anew. */
  #take(node: HeldNode, of: { from: string; into: Subject; reason: TakenNode['reason'] }): void {
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
    noteAddresses(into, [node[0]]);
    this.#changes.noteTaken({ from, into: into.id, node: id, reason });
  }

  #confirm(subject: Subject, node: NodeRef): void {
    this.#setFlags(subject, node.id, (flags) => flags & ~NODE_FLAGS.claimed);
  }

  #setFlags(subject: Subject, node: number, change: (flags: number) => number): void {
    const state = subject.get(profileSection)!;
    const before = state.nodes.find(([, id]) => id === node)?.[3] ?? 0;
    const after = change(before);
    if (after === before) return;
    const nodes = state.nodes.map((held): HeldNode => (held[1] === node ? withFlags(held, after) : held));
    subject.set(profileSection, { ...state, nodes });
    this.#changes.noteFlags(node, after);
    noteAddresses(subject, [state.nodes.find(([, id]) => id === node)?.[0]]);
  }

  /** `from` is who had the node; null: nobody. Most of them are on no event of the batch. */
  #give(node: NodeRef, to: string, from: string | null = null): void {
    this.#changes.noteMoved(node, { from, to });
    this.#owners.set(node.id, to);
  }

  #merge(from: Subject, into: Subject, causeMessageId: string): void {
    const theirs = from.get(profileSection)!;
    const nodes = theirs.nodes.map(refOf);
    into.set(profileSection, joinStates(into.get(profileSection)!, theirs));
    for (const node of nodes) this.#give(node, into.id, from.id);
    this.#changes.noteMerge({ from: from.id, into: into.id, nodes: nodes.map(({ id }) => id), causeMessageId });
    this.#batch.merges.push({ from, into });
    this.#batch.remove(from.id);
    for (const entry of this.#batch.entries) if (entry.subject === from) entry.subject = into;
  }

  /** Who sits before a device: seen with a second user id it identifies neither, seen with too many it is nobody's own. */
  #watchDevices(
    subject: Subject,
    event: LoggedEvent,
    of: { nodes: readonly NodeRef[]; decision: IdentityDecision },
  ): void {
    const user = this.#userIdOf(subject, of.nodes);
    if (user === undefined) return;
    for (const node of of.nodes) {
      if (!isDeviceKind(node.kind)) continue;
      const owner = this.#owners.get(node.id);
      if (owner === undefined) continue;
      const isNewlyShared = of.decision.conflicts.some(
        (one) => one.node.id === node.id && one.reason === 'shared_device',
      );
      const flags = this.#heldOf(owner, node.id)?.[3] ?? 0;
      if (isNewlyShared || (flags & NODE_FLAGS.shared) !== 0) this.#noteGuest(node, owner, [user, event.occurredAt]);
    }
  }

  /** The customer who sits there: named by the event itself, or known by something else it carries. */
  #userIdOf(subject: Subject, nodes: readonly NodeRef[]): number | undefined {
    const named = nodes.find(({ kind }) => kind === KIND_CODES.userId);
    if (named !== undefined || nodes.every(({ kind }) => isDeviceKind(kind))) return named?.id;
    return subject.get(profileSection)!.nodes.find(([kind]) => kind === KIND_CODES.userId)?.[1];
  }

  #noteGuest(node: NodeRef, owner: string, guest: [number, number]): void {
    const subject = this.#subject(owner);
    const held = this.#heldOf(owner, node.id)!;
    if (((held[3] ?? 0) & NODE_FLAGS.quarantined) !== 0) return;
    this.#setFlags(subject, node.id, (flags) => flags | NODE_FLAGS.shared);
    const state = subject.get(profileSection)!;
    const own = state.nodes.find(([kind]) => kind === KIND_CODES.userId);
    const known =
      state.guests?.[String(node.id)] ?? (own === undefined ? [] : [[own[1], held[2] ?? guest[1]] as const]);
    const { guests, isTooMany } = noteGuest(known, guest, this.rules.userIdsPerHourMax);
    if (!isTooMany) return subject.set(profileSection, withGuests(state, node.id, guests));
    if (state.nodes.length > 1) this.#quarantine(node, owner);
    else this.#setFlags(subject, node.id, (flags) => flags | NODE_FLAGS.quarantined);
  }

  /** A till, a kiosk: it becomes an anonymous profile of its own, and what it did alone goes along. */
  #quarantine(node: NodeRef, owner: string): void {
    const held = this.#heldOf(owner, node.id)!;
    const atMs = held[2] ?? this.stateOf(owner).firstSeenMs;
    const flagged = withFlags([node.kind, node.id, atMs], NODE_FLAGS.shared | NODE_FLAGS.quarantined);
    const into = this.#newSubject([flagged], atMs);
    this.#take(flagged, { from: owner, into, reason: 'quarantine' });
  }

  #heldOf(profileId: string, node: number): HeldNode | undefined {
    return this.stateOf(profileId).nodes.find(([, id]) => id === node);
  }

  write(): Promise<void> {
    return this.#changes.write();
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
