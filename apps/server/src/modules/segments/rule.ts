import type { Duration, EventLeaf, SegmentRule, TraitLeaf } from '@segue/contract';

import { compileCondition, type ValueTest } from './condition.ts';
import { type BlindIndex, compileCount, countedEvents, type CountedEvents } from './leaf.ts';
import { pathSteps } from './path.ts';

export type RelativeDateOp = 'withinLast' | 'notWithinLast' | 'withinNext';

/** A rule's node, ready to evaluate. */
export type CompiledNode =
  | { readonly kind: 'all' | 'any'; readonly children: readonly CompiledNode[] }
  | { readonly kind: 'not'; readonly child: CompiledNode }
  | { readonly kind: 'trait'; readonly steps: readonly string[]; readonly test: ValueTest }
  | { readonly kind: 'date'; readonly steps: readonly string[]; readonly op: RelativeDateOp; readonly windowMs: number }
  | {
      readonly kind: 'event';
      readonly leafKey: string;
      readonly windowMs: number;
      readonly holdsFor: (times: number) => boolean;
    };

export interface CompiledRule {
  readonly rule: SegmentRule;
  readonly root: CompiledNode;
  /** What must be counted for it, by leaf key. */
  readonly leaves: ReadonlyMap<string, CountedEvents>;
  /** First steps of the trait paths it reads. */
  readonly traits: ReadonlySet<string>;
}

/** Compiles a rule that has passed `segmentRuleSchema`. `index`: what sealed properties are compared by. */
export function compileRule(rule: SegmentRule, index?: BlindIndex): CompiledRule {
  const leaves = new Map<string, CountedEvents>();
  const traits = new Set<string>();
  const compile = (node: SegmentRule): CompiledNode => {
    if ('all' in node) return { kind: 'all', children: node.all.map(compile) };
    if ('any' in node) return { kind: 'any', children: node.any.map(compile) };
    if ('not' in node) return { kind: 'not', child: compile(node.not) };
    if ('trait' in node) {
      traits.add(pathSteps(node.trait)[0] ?? '');
      return compileTrait(node);
    }
    const counted = countedEvents(node, index);
    leaves.set(counted.key, counted);
    return compileEvent(node, counted.key);
  };
  return { rule, root: compile(rule), leaves, traits };
}

function compileTrait(leaf: TraitLeaf): CompiledNode {
  const steps = pathSteps(leaf.trait);
  switch (leaf.op) {
    case 'withinLast':
    case 'notWithinLast':
    case 'withinNext':
      return { kind: 'date', steps, op: leaf.op, windowMs: durationMs(leaf.value) };
    default:
      return { kind: 'trait', steps, test: compileCondition(leaf) };
  }
}

function compileEvent(leaf: EventLeaf, leafKey: string): CompiledNode {
  const windowMs = leaf.within === undefined ? Number.POSITIVE_INFINITY : durationMs(leaf.within);
  return { kind: 'event', leafKey, windowMs, holdsFor: compileCount(leaf.count) };
}

/** The length of a rule's duration. */
export function durationMs({ days = 0, hours = 0, minutes = 0, seconds = 0 }: Duration): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

interface LeavesOfType {
  readonly byName: ReadonlyMap<string, readonly CountedEvents[]>;
  readonly anyName: readonly CountedEvents[];
}

/** All live rules of a workspace: each distinct leaf once, found by event type and name. */
export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly leaves: ReadonlyMap<string, CountedEvents>;
  readonly leavesByType: ReadonlyMap<string, LeavesOfType>;
  /** Which rules to evaluate again when a leaf's state or a trait has changed. */
  readonly rulesByLeaf: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly rulesByTrait: ReadonlyMap<string, readonly CompiledRule[]>;
}

/** Puts rules together; equal leaves are shared between them. */
export function combineRules(rules: readonly CompiledRule[]): CompiledRules {
  const leaves = new Map<string, CountedEvents>();
  const rulesByLeaf = new Map<string, CompiledRule[]>();
  const rulesByTrait = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    for (const [key, leaf] of rule.leaves) {
      leaves.set(key, leaf);
      append(rulesByLeaf, key, rule);
    }
    for (const trait of rule.traits) append(rulesByTrait, trait, rule);
  }
  return { rules, leaves, leavesByType: indexByType(leaves.values()), rulesByLeaf, rulesByTrait };
}

function indexByType(leaves: Iterable<CountedEvents>): ReadonlyMap<string, LeavesOfType> {
  const named = new Map<string, Map<string, CountedEvents[]>>();
  const anyName = new Map<string, CountedEvents[]>();
  for (const leaf of leaves) {
    const names = named.get(leaf.type) ?? new Map<string, CountedEvents[]>();
    named.set(leaf.type, names);
    if (leaf.name === undefined) append(anyName, leaf.type, leaf);
    else append(names, leaf.name, leaf);
  }
  return new Map([...named].map(([type, byName]) => [type, { byName, anyName: anyName.get(type) ?? [] }]));
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
