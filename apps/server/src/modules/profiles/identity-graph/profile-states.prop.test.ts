import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeTimedTraits, type ProfileState, type TimedTraits } from '../profile-section.ts';
import { joinStates, partState, setApart } from './profile-states.ts';

/** A merge as the store keeps it; `nodes` shrinks when some of them went back by another way. */
interface Kept {
  readonly from: string;
  readonly into: string;
  nodes: number[];
  undone: boolean;
}

const WHO = ['a', 'b', 'c', 'd', 'e', 'f'];

/** What merging and unmerging does to states and to what is kept of merges, as the verbs do it. */
class Graph {
  readonly states = new Map<string, ProfileState>();
  readonly merges: Kept[] = [];

  constructor(nodesEach: readonly number[]) {
    let next = 1;
    for (const [i, name] of WHO.entries()) {
      const nodes = Array.from({ length: nodesEach[i]! }, (): [number, number] => [90, next++]);
      this.states.set(name, {
        nodes,
        anchor: nodes[0]![1],
        firstSeenMs: i,
        lastSeenMs: 100 - i,
        traits: {},
        personal: '',
      });
    }
  }

  holderOf(name: string): string {
    const merge = this.merges.find((m) => !m.undone && m.from === name);
    return merge === undefined ? name : this.holderOf(merge.into);
  }

  merge(into: string, from: string): void {
    const theirs = this.states.get(from)!;
    this.merges.push({ from, into, nodes: theirs.nodes.map(([, id]) => id), undone: false });
    this.states.set(into, joinStates(this.states.get(into)!, theirs));
    this.states.delete(from);
  }

  unmerge(merge: Kept): void {
    const holder = this.holderOf(merge.into);
    const state = this.states.get(holder)!;
    merge.undone = true;
    for (let up = this.goneFrom(merge.into); up !== undefined; up = this.goneFrom(up.into)) {
      up.nodes = up.nodes.filter((id) => !merge.nodes.includes(id));
    }
    const { left, taken } = partState(state, {
      nodes: new Set(merge.nodes),
      anchor: merge.nodes[0]!,
      mergesLeft: this.countInto(holder),
      mergesTaken: this.countInto(merge.from),
    });
    const idsOf = (of: ProfileState) => of.nodes.map(([, id]) => id);
    this.states.set(holder, setApart(left, idsOf(taken)));
    this.states.set(merge.from, setApart(taken, idsOf(left)));
  }

  goneFrom(name: string): Kept | undefined {
    return this.merges.find((m) => !m.undone && m.from === name);
  }

  countInto(name: string): number {
    return this.merges
      .filter((m) => !m.undone && m.into === name)
      .reduce((sum, m) => sum + 1 + this.countInto(m.from), 0);
  }

  partition(): Record<string, number[]> {
    const parts = [...this.states].map(([name, s]) => [name, s.nodes.map(([, id]) => id).sort((a, b) => a - b)]);
    return Object.fromEntries(parts.sort()) as Record<string, number[]>;
  }
}

const step = fc.record({ undo: fc.boolean(), pick: fc.nat(), other: fc.nat() });
const scenario = fc.record({
  nodesEach: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: WHO.length, maxLength: WHO.length }),
  steps: fc.array(step, { maxLength: 30 }),
  undoing: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
});

function play(graph: Graph, steps: readonly { undo: boolean; pick: number; other: number }[]): void {
  for (const { undo, pick, other } of steps) {
    const open = graph.merges.filter((m) => !m.undone);
    const living = [...graph.states.keys()];
    if (undo && open.length > 0) graph.unmerge(open[pick % open.length]!);
    else if (living.length > 1) {
      const into = living[pick % living.length]!;
      const rest = living.filter((name) => name !== into);
      graph.merge(into, rest[other % rest.length]!);
    }
  }
}

describe('merges and their undoing, in any order', () => {
  it('end as they began once every merge is undone', () => {
    fc.assert(
      fc.property(scenario, ({ nodesEach, steps, undoing }) => {
        const graph = new Graph(nodesEach);
        const before = graph.partition();
        play(graph, steps);
        for (const pick of undoing) {
          const open = graph.merges.filter((m) => !m.undone);
          if (open.length > 0) graph.unmerge(open[pick % open.length]!);
        }
        expect(graph.partition()).toEqual(before);
        expect([...graph.states.values()].every((state) => state.merges === undefined)).toBe(true);
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('lose no identifier and give none to two, and count what each profile is made of', () => {
    fc.assert(
      fc.property(scenario, ({ nodesEach, steps }) => {
        const graph = new Graph(nodesEach);
        const all = Object.values(graph.partition()).flat();
        play(graph, steps);
        expect(
          Object.values(graph.partition())
            .flat()
            .sort((a, b) => a - b),
        ).toEqual(all.sort((a, b) => a - b));
        for (const [name, state] of graph.states) {
          expect(state.merges ?? 0).toBe(graph.countInto(name));
          const own = new Set(state.nodes.map(([, id]) => id));
          expect((state.apart ?? []).some((id) => own.has(id))).toBe(false);
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('give each the traits that were said under its identifiers, whatever was merged meanwhile', () => {
    const saying = fc.record({
      node: fc.integer({ min: 1, max: 6 }),
      name: fc.constantFrom('plan', 'size'),
      value: fc.integer({ min: 0, max: 3 }),
      atMs: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(scenario, fc.array(saying, { maxLength: 30 }), ({ steps, undoing }, sayings) => {
        const graph = new Graph(WHO.map(() => 1));
        const traitsOf = (nodes: readonly number[]): TimedTraits =>
          sayings
            .filter(({ node }) => nodes.includes(node))
            .map(({ name, value, atMs }): TimedTraits => ({ [name]: [value, atMs] }))
            .reduce(mergeTimedTraits, {});
        const known = () => Object.entries(graph.partition()).map(([name, nodes]) => [name, traitsOf(nodes)]);
        const before = known();
        play(graph, steps);
        // Joined part by part or counted from all that was said is the same.
        for (const { into, from } of graph.merges.filter((m) => !m.undone)) {
          const nodes = graph.partition()[graph.holderOf(into)]!;
          const half = nodes.filter((id) => id % 2 === 0);
          const rest = nodes.filter((id) => id % 2 === 1);
          expect(mergeTimedTraits(traitsOf(half), traitsOf(rest))).toEqual(traitsOf(nodes));
          expect(graph.holderOf(from)).toBe(graph.holderOf(into));
        }
        for (const pick of undoing) {
          const open = graph.merges.filter((m) => !m.undone);
          if (open.length > 0) graph.unmerge(open[pick % open.length]!);
        }
        expect(known()).toEqual(before);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});
