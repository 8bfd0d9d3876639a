import type { NodeRef } from '../../../platform/eventlog/index.ts';
import { decideIdentity, type IdentityState, type IdentityView, isDeviceKind } from '../decide-identity.ts';
import { KIND_CODES } from '../identifier.ts';
import { DEFAULT_IDENTITY_RULES, type IdentityRules } from '../identity-rules.ts';
import { type HeldNode, NODE_FLAGS } from '../profile-section.ts';
import { type Guest, noteGuest } from '../shared-devices.ts';

const IDLE = NODE_FLAGS.shared | NODE_FLAGS.quarantined;

export interface HeardEvent {
  readonly nodes: readonly NodeRef[];
  readonly claims?: readonly number[];
  readonly occurredAt: number;
}

/** Profiles in memory: what the stage does with a decision, as plainly as possible. */
export class PeopleInMemory implements IdentityView {
  readonly rules: IdentityRules = DEFAULT_IDENTITY_RULES;
  readonly profiles = new Map<string, IdentityState>();
  readonly #guests = new Map<number, readonly Guest[]>();
  #next = 0;

  ownerOf(nodeId: number): string | undefined {
    return [...this.profiles].find(([, { nodes }]) => nodes.some(([, id]) => id === nodeId))?.[0];
  }

  stateOf(id: string): IdentityState {
    return this.profiles.get(id) ?? { nodes: [] };
  }

  copy(): PeopleInMemory {
    const copy = new PeopleInMemory();
    for (const [id, state] of this.profiles) copy.profiles.set(id, state);
    for (const [device, guests] of this.#guests) copy.#guests.set(device, guests);
    copy.#next = this.#next;
    return copy;
  }

  /** Whose the event is, who became part of it, what was left and why. */
  hear(event: HeardEvent): { id: string; merged: readonly string[]; reasons: string[]; isQuarantined: boolean } {
    const decision = decideIdentity(event, this);
    const id = decision.profileId ?? this.#newId();
    const parts = [id, ...decision.merge].map((one) => this.stateOf(one));
    for (const from of decision.merge) this.profiles.delete(from);
    for (const { node, from } of decision.take) {
      this.profiles.set(from, {
        ...this.stateOf(from),
        nodes: this.stateOf(from).nodes.filter(([, n]) => n !== node[1]),
      });
    }
    const confirmed = new Set(decision.confirm.map((node) => node.id));
    const doubted = new Set(decision.doubt.map((node) => node.id));
    const nodes = [
      ...parts.flatMap((part) => part.nodes),
      ...decision.attach,
      ...decision.take.map(({ node }) => node),
    ];
    this.profiles.set(id, {
      nodes: nodes.map(([kind, n, atMs, flags = 0]): HeldNode => [
        kind,
        n,
        atMs ?? 0,
        (confirmed.has(n) ? flags & ~NODE_FLAGS.claimed : flags) | (doubted.has(n) ? NODE_FLAGS.claimed : 0),
      ]),
      merges: parts.reduce((sum, { merges = 0 }) => sum + merges, decision.merge.length),
    });
    const shared = decision.conflicts.filter(({ reason }) => reason === 'shared_device').map(({ node }) => node.id);
    const isQuarantined = this.#watch(event, id, new Set(shared));
    return { id, merged: decision.merge, reasons: decision.conflicts.map(({ reason }) => reason), isQuarantined };
  }

  #newId(): string {
    return String(this.#next++).padStart(6, '0');
  }

  #watch({ nodes, occurredAt }: HeardEvent, id: string, shared: ReadonlySet<number>): boolean {
    const named = nodes.find(({ kind }) => kind === KIND_CODES.userId)?.id;
    const isNobody = nodes.every(({ kind }) => isDeviceKind(kind));
    const known = this.stateOf(id).nodes.find(([kind]) => kind === KIND_CODES.userId)?.[1];
    const user = named ?? (isNobody ? undefined : known);
    const devices = nodes.filter(
      (node) => isDeviceKind(node.kind) && (shared.has(node.id) || this.idleNodes().has(node.id)),
    );
    const found = devices.map((node) => user !== undefined && this.#noteGuest(node.id, [user, occurredAt]));
    return found.includes(true);
  }

  #noteGuest(device: number, guest: Guest): boolean {
    const owner = this.ownerOf(device)!;
    const { nodes } = this.stateOf(owner);
    const held = nodes.find(([, id]) => id === device)!;
    if (((held[3] ?? 0) & NODE_FLAGS.quarantined) !== 0) return false;
    const first = nodes.find(([kind]) => kind === KIND_CODES.userId);
    const known = this.#guests.get(device) ?? (first === undefined ? [] : [[first[1], held[2]!] as const]);
    const { guests, isTooMany } = noteGuest(known, guest, this.rules.userIdsPerHourMax);
    this.#guests.set(device, guests);
    const isMoved = isTooMany && nodes.length > 1;
    const others = nodes.filter(([, id]) => id !== device);
    const flagged: HeldNode = [held[0], device, held[2]!, NODE_FLAGS.shared | (isMoved ? NODE_FLAGS.quarantined : 0)];
    this.profiles.set(owner, { ...this.stateOf(owner), nodes: isMoved ? others : [...others, flagged] });
    if (isMoved) this.profiles.set(this.#newId(), { nodes: [flagged] });
    return isMoved;
  }

  idleNodes(): ReadonlySet<number> {
    return this.#flagged(IDLE);
  }

  quarantined(): ReadonlySet<number> {
    return this.#flagged(NODE_FLAGS.quarantined);
  }

  #flagged(bits: number): ReadonlySet<number> {
    const all = [...this.profiles.values()].flatMap(({ nodes }) => nodes);
    return new Set(all.filter(([, , , flags = 0]) => (flags & bits) !== 0).map(([, id]) => id));
  }

  /** Which nodes are together; of those whose flags are wanted. */
  partition(isWanted: (flags: number) => boolean = () => true): string[] {
    return [...this.profiles.values()]
      .map(({ nodes }) =>
        nodes
          .filter(([, , , flags = 0]) => isWanted(flags))
          .map(([, id]) => id)
          .sort((a, b) => a - b)
          .join(' '),
      )
      .sort();
  }
}
