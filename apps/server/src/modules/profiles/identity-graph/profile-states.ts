import type { NodeRef } from '../../../platform/eventlog/index.ts';
import type { HeldNode, ProfileState } from '../profile-section.ts';

/** Two profiles as one: `ours` stays. Traits are joined by the traits stage. Pure. */
export function joinStates(ours: ProfileState, theirs: ProfileState): ProfileState {
  const nodes = [...ours.nodes, ...theirs.nodes];
  const { apart: _apart, guests: _guests, ...rest } = ours;
  return {
    ...rest,
    ...settled({
      nodes,
      merges: (ours.merges ?? 0) + (theirs.merges ?? 0) + 1,
      apart: [...(ours.apart ?? []), ...(theirs.apart ?? [])],
      guests: { ...ours.guests, ...theirs.guests },
    }),
    firstSeenMs: Math.min(ours.firstSeenMs, theirs.firstSeenMs),
    lastSeenMs: Math.max(ours.lastSeenMs, theirs.lastSeenMs),
  };
}

/** What an unmerge or a gift makes of one profile: what stays with it, and what goes to another. */
export interface PartedStates {
  readonly left: ProfileState;
  /** Identifiers alone: what follows from them is counted anew. */
  readonly taken: ProfileState;
}

/** Takes nodes out of a profile into a state of their own. `anchor`: the node that seals what is taken. Pure. */
export function partState(
  state: ProfileState,
  part: { nodes: ReadonlySet<number>; anchor: number; mergesLeft: number; mergesTaken: number },
): PartedStates {
  const { apart: _apart, guests: _guests, ...rest } = state;
  const apart = state.apart ?? [];
  const guests = Object.entries(state.guests ?? {});
  const side = (isTaken: boolean): Pick<ProfileState, 'nodes'> & Partial<ProfileState> =>
    settled({
      nodes: state.nodes.filter(([, id]) => part.nodes.has(id) === isTaken),
      merges: isTaken ? part.mergesTaken : part.mergesLeft,
      apart,
      guests: Object.fromEntries(guests.filter(([node]) => part.nodes.has(Number(node)) === isTaken)),
    });
  const { merges: _merges, ...kept } = rest;
  return {
    left: { ...kept, ...side(false) },
    taken: {
      ...side(true),
      anchor: part.anchor,
      firstSeenMs: state.firstSeenMs,
      lastSeenMs: state.lastSeenMs,
      traits: {},
      personal: '',
    },
  };
}

/** Says that two profiles are two: no event joins them again. Pure. */
export function setApart(state: ProfileState, nodes: readonly number[]): ProfileState {
  const { apart: _apart, ...rest } = state;
  return { ...rest, ...settled({ nodes: state.nodes, apart: [...(state.apart ?? []), ...nodes] }) };
}

/** Adds nodes that were somebody else's. Pure. */
export function takeNodes(state: ProfileState, nodes: readonly HeldNode[]): ProfileState {
  const { apart: _apart, ...rest } = state;
  return { ...rest, ...settled({ nodes: [...state.nodes, ...nodes], apart: state.apart ?? [] }) };
}

/** Nothing is held against one of its nodes any more: not shared, no quarantine, no mere claim. Pure. */
export function unflagged(state: ProfileState, node: number): ProfileState {
  const { guests: _guests, ...rest } = state;
  const others = Object.entries(state.guests ?? {}).filter(([id]) => Number(id) !== node);
  const nodes = state.nodes.map((held): HeldNode => {
    if (held[1] !== node) return held;
    const [kind, id, atMs] = held;
    return atMs === undefined ? [kind, id] : [kind, id, atMs];
  });
  return { ...rest, nodes, ...(others.length > 0 && { guests: Object.fromEntries(others) }) };
}

type Settled = Pick<ProfileState, 'nodes'> & Partial<Pick<ProfileState, 'merges' | 'apart' | 'guests'>>;

/** What is empty is left out; nobody is apart from itself. */
function settled(of: Settled): Settled {
  const own = new Set(of.nodes.map(([, id]) => id));
  const apart = [...new Set(of.apart)].filter((id) => !own.has(id)).sort((a, b) => a - b);
  return {
    nodes: of.nodes,
    ...(of.merges === undefined || of.merges === 0 ? {} : { merges: of.merges }),
    ...(apart.length === 0 ? {} : { apart }),
    ...(of.guests === undefined || Object.keys(of.guests).length === 0 ? {} : { guests: of.guests }),
  };
}

export function refsOf(nodes: readonly HeldNode[]): NodeRef[] {
  return nodes.map(([kind, id]) => ({ kind, id }));
}
