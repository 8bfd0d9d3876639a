import type { NodeRef } from '../../platform/eventlog/index.ts';

/** What is known of the nodes and profiles an event touches; grows while a batch is decided. */
export interface IdentityView {
  /** The profile a node belongs to, undefined when it is nobody's yet. */
  ownerOf(nodeId: number): string | undefined;
  /** The nodes of a profile. */
  nodesOf(profileId: string): readonly NodeRef[];
  /** How many nodes of this kind one profile may hold. */
  limitOf(kind: number): number;
  /** Whether a member set the two profiles apart: no event joins them. Left out: nobody is. */
  isApart?(a: string, b: string): boolean;
}

export interface IdentityDecision {
  /** The profile the event goes to; undefined: a new one. */
  readonly profileId: string | undefined;
  /** Profiles that become part of it. */
  readonly merge: readonly string[];
  /** Nodes of nobody that become its own. */
  readonly attach: readonly NodeRef[];
  /** Nodes left where they are: following them would have joined two customers, or made one impossibly large. */
  readonly conflicts: readonly NodeRef[];
}

/**
 * Which profile an event belongs to. `nodes` is strongest first and not empty.
 * None known: a new profile. One: that one, and it gets the nodes of nobody. Several: they are one customer. Unless a kind
 * would then occur more often than one profile may hold (two user ids, six addresses); then the weakest identifier of the
 * event is left where it is and the rest is decided again. The strongest node always ends up with the event's profile:
 * history is stored under it. Rule after Segment Unify's identity resolution; see the module's README.
 */
export function decideIdentity(nodes: readonly NodeRef[], view: IdentityView): IdentityDecision {
  const conflicts: NodeRef[] = [];
  for (let count = nodes.length; count > 1; count--) {
    const kept = nodes.slice(0, count);
    const owners = distinctOwners(kept, view);
    if (mayJoin(owners, view) && fits(kept, owners, view)) return decided(kept, owners, { view, conflicts });
    conflicts.push(nodes[count - 1]!);
  }
  const strongest = nodes.slice(0, 1);
  return decided(strongest, distinctOwners(strongest, view), { view, conflicts });
}

function distinctOwners(nodes: readonly NodeRef[], view: IdentityView): string[] {
  const owners = new Set<string>();
  for (const node of nodes) {
    const owner = view.ownerOf(node.id);
    if (owner !== undefined) owners.add(owner);
  }
  return [...owners];
}

function mayJoin(owners: readonly string[], view: IdentityView): boolean {
  return !owners.some((a, i) => owners.slice(i + 1).some((b) => view.isApart?.(a, b) === true));
}

/** Whether the nodes and the profiles they lead to can be one customer: no kind occurs more often than one may hold. */
function fits(nodes: readonly NodeRef[], owners: readonly string[], view: IdentityView): boolean {
  const held = new Map<number, Set<number>>();
  const admits = (node: NodeRef): boolean => {
    const ofKind = held.get(node.kind);
    if (ofKind === undefined) held.set(node.kind, new Set([node.id]));
    else ofKind.add(node.id);
    return (ofKind?.size ?? 1) <= view.limitOf(node.kind);
  };
  return nodes.every(admits) && owners.every((owner) => view.nodesOf(owner).every(admits));
}

function decided(
  nodes: readonly NodeRef[],
  owners: readonly string[],
  options: { view: IdentityView; conflicts: readonly NodeRef[] },
): IdentityDecision {
  const { view, conflicts } = options;
  const survivor = owners.length > 1 ? survivorOf(owners, view) : owners[0];
  return {
    profileId: survivor,
    merge: owners.filter((owner) => owner !== survivor),
    attach: nodes.filter((node) => view.ownerOf(node.id) === undefined),
    conflicts,
  };
}

/** The profile with the strongest identifier survives; among equals the one that was there first. The same whatever the order. */
function survivorOf(owners: readonly string[], view: IdentityView): string {
  const strength = (owner: string) =>
    Math.min(...view.nodesOf(owner).map((node) => node.kind), Number.MAX_SAFE_INTEGER);
  return [...owners].sort((a, b) => strength(a) - strength(b) || (a < b ? -1 : 1))[0]!;
}
