import type { Fact } from './facts.ts';
import type { Leaf } from './leaf.ts';
import type { CompiledRule } from './compiled-node.ts';

interface LeavesOfType {
  readonly byName: ReadonlyMap<string, readonly Leaf[]>;
  /** Leaves that hear every name that begins so ("cart."), by that beginning. */
  readonly byPrefix: ReadonlyMap<string, readonly Leaf[]>;
  readonly anyName: readonly Leaf[];
}

/** All live rules of a workspace: each distinct leaf once, found by event type and name. */
export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly leaves: ReadonlyMap<string, Leaf>;
  readonly leavesByType: ReadonlyMap<string, LeavesOfType>;
  /** Which rules to evaluate again when a leaf's state, a trait or a fact has changed. */
  readonly rulesByLeaf: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly rulesByTrait: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly rulesByFact: ReadonlyMap<Fact, readonly CompiledRule[]>;
}

/** Puts rules together; equal leaves are shared between them. */
export function combineRules(rules: readonly CompiledRule[]): CompiledRules {
  const leaves = new Map<string, Leaf>();
  const rulesByLeaf = new Map<string, CompiledRule[]>();
  const rulesByTrait = new Map<string, CompiledRule[]>();
  const rulesByFact = new Map<Fact, CompiledRule[]>();
  for (const rule of rules) {
    for (const [key, leaf] of rule.leaves) {
      leaves.set(key, leaf);
      append(rulesByLeaf, key, rule);
    }
    for (const trait of rule.traits) append(rulesByTrait, trait, rule);
    for (const fact of rule.facts) append(rulesByFact, fact, rule);
  }
  return { rules, leaves, leavesByType: indexByType(leaves.values()), rulesByLeaf, rulesByTrait, rulesByFact };
}

function indexByType(leaves: Iterable<Leaf>): ReadonlyMap<string, LeavesOfType> {
  interface Index {
    byName: Map<string, Leaf[]>;
    byPrefix: Map<string, Leaf[]>;
    anyName: Leaf[];
  }
  const byType = new Map<string, Index>();
  for (const leaf of leaves) {
    for (const { type, name, prefix } of leaf.hears) {
      const index: Index = byType.get(type) ?? { byName: new Map(), byPrefix: new Map(), anyName: [] };
      byType.set(type, index);
      if (name !== undefined) append(index.byName, name, leaf);
      else if (prefix !== undefined) append(index.byPrefix, prefix, leaf);
      else index.anyName.push(leaf);
    }
  }
  return byType;
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Leaves that may take a sample of such an event, by what they hear; a leaf may come twice that hears it in two ways. */
export function* leavesHearing(
  { leavesByType }: Pick<CompiledRules, 'leavesByType'>,
  { type, name }: { readonly type: string; readonly name: string },
): Generator<Leaf> {
  const leaves = leavesByType.get(type);
  if (leaves === undefined) return;
  yield* leaves.byName.get(name) ?? [];
  yield* leaves.anyName;
  if (leaves.byPrefix.size === 0) return;
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1))
    yield* leaves.byPrefix.get(name.slice(0, dot + 1)) ?? [];
}
