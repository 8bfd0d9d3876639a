import type { NodeRef } from '../../platform/eventlog/index.ts';
import { KIND_CODES } from './identifier.ts';
import { brokenRule, MERGES_MAX, NODES_MAX } from './identity-limits.ts';
import type { IdentityRules } from './identity-rules.ts';
import { type HeldNode, NODE_FLAGS, type ProfileState } from './profile-section.ts';

/** What of a profile decides who it is. */
export type IdentityState = Pick<ProfileState, 'nodes' | 'merges' | 'apart'>;

/** What is known of the nodes and profiles an event touches; grows while a batch is decided. */
export interface IdentityView {
  readonly rules: IdentityRules;
  /** The profile a node belongs to, undefined when it is nobody's yet. */
  ownerOf(nodeId: number): string | undefined;
  stateOf(profileId: string): IdentityState;
}

/** An event as identity sees it. */
export interface IdentifiedEvent {
  /** Strongest first, not empty. */
  readonly nodes: readonly NodeRef[];
  /** The places in `nodes` of what is only claimed. */
  readonly claims?: readonly number[] | undefined;
  readonly occurredAt: number;
}

/** Why an identifier was left where it is. */
export type ConflictReason = 'user_id' | 'limit' | 'unverified' | 'shared_device' | 'apart' | 'merge_limit';

export interface IdentityDecision {
  /** The profile the event goes to; undefined: a new one. */
  readonly profileId: string | undefined;
  /** Profiles that become part of it. */
  readonly merge: readonly string[];
  /** Nodes of those that it has by a mere claim from now on: whoever used them typed an address that is its own. */
  readonly doubt: readonly NodeRef[];
  /** Nodes of nobody that become its own, with time and flags. */
  readonly attach: readonly HeldNode[];
  /** Nodes that another holds by a mere claim, and that now prove to be this one's. */
  readonly take: readonly { readonly node: HeldNode; readonly from: string }[];
  /** Nodes it held by a mere claim, now proved. */
  readonly confirm: readonly NodeRef[];
  /** Nodes left where they are: following them would have joined two customers, or made one impossibly large. */
  readonly conflicts: readonly { readonly node: NodeRef; readonly reason: ConflictReason }[];
}

/** Kinds that say which device it is, not who sits before it. */
const DEVICE_KINDS: ReadonlySet<number> = new Set([KIND_CODES.device, KIND_CODES.anonymousId]);
const IDLE = NODE_FLAGS.shared | NODE_FLAGS.quarantined;

export function isDeviceKind(kind: number): boolean {
  return DEVICE_KINDS.has(kind);
}

/**
 * Which profile an event belongs to. From the strongest identifier to the weakest, each brings its profile along, or itself
 * when it is nobody's, unless that would join two customers or break a limit: then it is left where it is. The strongest one
 * always belongs to the event's profile: history is stored under it. Rule after Segment Unify's identity resolution, with
 * claims, shared devices and people set apart; see the module's README. Pure.
 */
export function decideIdentity(event: IdentifiedEvent, view: IdentityView): IdentityDecision {
  return new Decision(event, view).decide();
}

class Decision {
  readonly #event: IdentifiedEvent;
  readonly #view: IdentityView;
  readonly #group: string[] = [];
  readonly #attach: HeldNode[] = [];
  readonly #take: { node: HeldNode; from: string }[] = [];
  readonly #confirm: NodeRef[] = [];
  readonly #conflicts: { node: NodeRef; reason: ConflictReason }[] = [];
  /** Profiles that something on the event leads to which is not a mere claim, neither here nor there. */
  readonly #proved = new Set<string>();

  constructor(event: IdentifiedEvent, view: IdentityView) {
    this.#event = event;
    this.#view = view;
  }

  decide(): IdentityDecision {
    const { nodes } = this.#event;
    const strongest = nodes[0]!;
    for (const [place, node] of nodes.entries()) {
      const owner = this.#view.ownerOf(node.id);
      if (owner !== undefined && !this.#isClaim(place) && this.#flagsOf(node, owner) === 0) this.#proved.add(owner);
    }
    this.#begin(strongest);
    // A device that identifies nobody any more joins nobody and gets nothing: its events stay with its owner.
    if (!this.#isIdle(strongest)) for (let place = 1; place < nodes.length; place++) this.#follow(place);
    const [profileId] = this.#group.length > 1 ? [survivorOf(this.#group, this.#view)] : this.#group;
    const typed = this.#typedFor();
    return {
      profileId,
      merge: this.#group.filter((id) => id !== profileId),
      doubt: this.#group.flatMap((id) => (typed === undefined || id === typed ? [] : refsIn(this.#view.stateOf(id)))),
      attach: typed === undefined ? this.#attach : this.#attach.map(asClaimed),
      take: this.#take,
      confirm: this.#confirm,
      conflicts: this.#conflicts,
    };
  }

  #begin(node: NodeRef): void {
    const owner = this.#view.ownerOf(node.id);
    if (owner === undefined) this.#attach.push(this.#held(0));
    else if (!this.#isClaim(0) && this.#isContested(node, owner)) {
      this.#take.push({ node: this.#held(0), from: owner });
      this.#conflicts.push({ node, reason: 'unverified' });
    } else {
      this.#group.push(owner);
      this.#prove(0, owner);
    }
  }

  #follow(place: number): void {
    const node = this.#event.nodes[place]!;
    if (this.#isIdle(node)) return;
    const owner = this.#view.ownerOf(node.id);
    if (owner === undefined) {
      const held = this.#held(place);
      // Too many of a kind: the event is resolved by what is stronger, the value is just not kept.
      if (this.#obstacle(undefined, held) === undefined) this.#attach.push(held);
      return;
    }
    if (this.#group.includes(owner)) return this.#prove(place, owner);
    const reason = this.#obstacle(owner, undefined);
    if (reason === undefined) {
      this.#group.push(owner);
      this.#prove(place, owner);
    } else if (!this.#isClaim(place) && this.#mayTake(node, owner, place)) {
      this.#take.push({ node: this.#held(place), from: owner });
    } else {
      const isShared = isDeviceKind(node.kind) && this.#isSomebodyElse(owner);
      this.#conflicts.push({ node, reason: isShared ? 'shared_device' : reason });
    }
  }

  /** The customer among those together who is known, and to whom nothing leads here but a claim. */
  #typedFor(): string | undefined {
    return this.#group.find((id) => !this.#proved.has(id) && isKnown(this.#view.stateOf(id)));
  }

  /** Whether the profile has another user id than what is together already. */
  #isSomebodyElse(owner: string): boolean {
    const nodes = [...[...this.#group, owner].flatMap((id) => this.#view.stateOf(id).nodes), ...this.#attach];
    return new Set(nodes.filter(([kind]) => kind === KIND_CODES.userId).map(([, id]) => id)).size > 1;
  }

  /** Why a profile, or a node of nobody, cannot become part of what is together already. */
  #obstacle(owner: string | undefined, fresh: HeldNode | undefined): ConflictReason | undefined {
    const joined = owner === undefined ? this.#group : [...this.#group, owner];
    const states = joined.map((id) => this.#view.stateOf(id));
    const added = [...this.#attach, ...this.#take.map(({ node }) => node), ...(fresh === undefined ? [] : [fresh])];
    if (this.#isByClaim(joined, added)) return owner !== undefined && areApart(states) ? 'apart' : 'unverified';
    if (owner !== undefined) {
      if (areApart(states)) return 'apart';
      const merges = states.reduce((sum, { merges = 0 }) => sum + merges, joined.length - 1);
      if (joined.length > 1 && merges > MERGES_MAX) return 'merge_limit';
    }
    const size = states.reduce((sum, { nodes }) => sum + nodes.length, added.length);
    if (size > NODES_MAX) return 'merge_limit';
    const parties = states.map(({ nodes }) => nodes);
    const broken = brokenRule(this.#view.rules, { parties, fresh: added });
    if (broken === undefined) return undefined;
    return broken.kind === 'userId' ? 'user_id' : 'limit';
  }

  /**
   * Two who are known, and one of them only because somebody typed an address. Whoever types it may be known by anything
   * new as well, even another address: only devices come along.
   */
  #isByClaim(joined: readonly string[], added: readonly HeldNode[]): boolean {
    const known = joined.filter((id) => isKnown(this.#view.stateOf(id)));
    const isNew = added.some(([kind]) => !isDeviceKind(kind));
    return known.length + (isNew ? 1 : 0) > 1 && known.some((id) => !this.#proved.has(id));
  }

  /** Held by a mere claim of somebody who is known otherwise, and nothing else here says that it is hers. */
  #isContested(node: NodeRef, owner: string): boolean {
    if (isDeviceKind(node.kind) || this.#proved.has(owner)) return false;
    if ((this.#flagsOf(node, owner) & NODE_FLAGS.claimed) === 0) return false;
    return this.#view
      .stateOf(owner)
      .nodes.some(([kind, , , flags = 0]) => !isDeviceKind(kind) && (flags & NODE_FLAGS.claimed) === 0);
  }

  #mayTake(node: NodeRef, owner: string, place: number): boolean {
    // One claim takes nothing that came by another.
    if (this.#typedFor() !== undefined) return false;
    if ((this.#flagsOf(node, owner) & NODE_FLAGS.claimed) === 0) return false;
    // Whoever it is taken from keeps something to be known by.
    const left = this.#view.stateOf(owner).nodes.length - this.#take.filter(({ from }) => from === owner).length;
    return left > 1 && this.#obstacle(undefined, this.#held(place)) === undefined;
  }

  /**
   * An identifier that was only claimed is hers once a source that is trusted says it together with her; a device, once she
   * is seen with it.
   */
  #prove(place: number, owner: string): void {
    const node = this.#event.nodes[place]!;
    if (isDeviceKind(node.kind) && !this.#proved.has(owner)) return;
    if (!this.#isClaim(place) && (this.#flagsOf(node, owner) & NODE_FLAGS.claimed) !== 0) this.#confirm.push(node);
  }

  #held(place: number): HeldNode {
    const { kind, id } = this.#event.nodes[place]!;
    const { occurredAt } = this.#event;
    return this.#isClaim(place) ? [kind, id, occurredAt, NODE_FLAGS.claimed] : [kind, id, occurredAt];
  }

  #isClaim(place: number): boolean {
    return this.#event.claims?.includes(place) === true;
  }

  #isIdle(node: NodeRef): boolean {
    const owner = this.#view.ownerOf(node.id);
    return owner !== undefined && (this.#flagsOf(node, owner) & IDLE) !== 0;
  }

  #flagsOf(node: NodeRef, owner: string): number {
    return this.#view.stateOf(owner).nodes.find(([, id]) => id === node.id)?.[3] ?? 0;
  }
}

/** By anything but a device. */
function isKnown({ nodes }: IdentityState): boolean {
  return nodes.some(([kind]) => !isDeviceKind(kind));
}

function refsIn({ nodes }: IdentityState): NodeRef[] {
  return nodes.map(([kind, id]) => ({ kind, id }));
}

function asClaimed([kind, id, atMs, flags = 0]: HeldNode): HeldNode {
  return [kind, id, atMs ?? 0, flags | NODE_FLAGS.claimed];
}

/** Whether a member set any two of them apart: one holds a node the other is apart from. */
function areApart(states: readonly IdentityState[]): boolean {
  return states.some(({ apart = [] }, i) =>
    states.some((other, j) => i !== j && apart.length > 0 && other.nodes.some(([, id]) => apart.includes(id))),
  );
}

/** The profile with the strongest identifier survives; among equals the one that was there first. The same whatever the order. */
function survivorOf(owners: readonly string[], view: IdentityView): string {
  const rank = new Map(view.rules.kinds.map(({ code }, place) => [code, place]));
  const strength = (owner: string) =>
    Math.min(...view.stateOf(owner).nodes.map(([kind]) => rank.get(kind) ?? rank.size), Number.MAX_SAFE_INTEGER);
  return [...owners].sort((a, b) => strength(a) - strength(b) || (a < b ? -1 : 1))[0]!;
}
