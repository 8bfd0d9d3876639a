import type {
  ComputedTraitRule,
  EventLeaf,
  LifecycleLeaf,
  LifecycleSettings,
  LifecycleStage,
  SegmentRule,
  SequenceLeaf,
  TraitLeaf,
} from '@segue/contract';

import type { CompiledNode, CompiledRule, ValueNode } from './compiled-node.ts';
import { compileComputed } from './computed.ts';
import { compileFact } from './compile-fact.ts';
import { compileCondition } from './condition.ts';
import { type BlindIndex, eventSource, UNBOUNDED } from './event-source.ts';
import type { Fact } from './facts.ts';
import { type Leaf, leafOf } from './leaf.ts';
import { capacityFor, compileCount, compileNumber } from './number-condition.ts';
import { messageAsEvent } from './message-events.ts';
import { lifecycleTimes, ordersToKeep } from './lifecycle/lifecycle-stage.ts';
import { pathSteps } from './path.ts';
import { absoluteBounds, durationMs, windowOf, windowReachMs, type Window, zoneChoice } from './window.ts';

export type { CompiledNode, CompiledRule } from './compiled-node.ts';
export { combineRules, type CompiledRules } from './combined-rules.ts';
export { durationMs } from './window.ts';

/** A rule and what it names of other rules: at most so many nodes. */
export const INLINED_NODES_MAX = 2_000;

/** What a rule is read with beside its own words. */
export interface CompileEnv {
  /** What sealed properties are compared by; without it they equal nothing. */
  readonly index?: BlindIndex | undefined;
  /** The workspace's IANA zone. */
  readonly zone: string;
  /** The rule of another segment, by the id that rules write. Nobody is in a segment that has none. */
  segmentRule?(id: string): SegmentRule | undefined;
  /** What a trait comes from that is computed; undefined: it is said or derived. */
  computedTrait?(name: string): ComputedTraitRule | undefined;
  /** How lifecycle stages are told; undefined: stages are a fact, and `lifecycle_stage` is a trait like others. */
  lifecycle?(): LifecycleSettings | undefined;
}

/**
 * Compiles a rule that has passed `segmentRuleSchema`. Throws where it names itself by way of other segments, or grows beyond
 * `INLINED_NODES_MAX` by them.
 */
export function compileRule(rule: SegmentRule, env: CompileEnv = { zone: 'UTC' }): CompiledRule {
  const compiler = new RuleCompiler(env);
  const root = compiler.compile(rule);
  const { leaves, traits, facts } = compiler;
  return { rule, root, leaves, traits, facts };
}

class RuleCompiler {
  readonly leaves = new Map<string, Leaf>();
  readonly traits = new Set<string>();
  readonly facts = new Set<Fact>();
  readonly #env: CompileEnv;
  readonly #inside: string[] = [];
  #nodes = 0;

  constructor(env: CompileEnv) {
    this.#env = env;
  }

  compile(node: SegmentRule): CompiledNode {
    this.#nodes += 1;
    if (this.#nodes > INLINED_NODES_MAX)
      throw new Error(`with the segments it names the rule has more than ${INLINED_NODES_MAX} nodes`);
    if ('all' in node) return { kind: 'all', children: node.all.map((child) => this.compile(child)) };
    if ('any' in node) return { kind: 'any', children: node.any.map((child) => this.compile(child)) };
    if ('not' in node) return { kind: 'not', child: this.compile(node.not) };
    if ('everyone' in node) return { kind: 'everyone' };
    if ('trait' in node) return this.#compileTrait(node);
    if ('event' in node) return this.#compileEvent(node);
    if ('message' in node) return this.#compileEvent(messageAsEvent(node));
    if ('sequence' in node) return this.#compileSequence(node);
    if ('segment' in node) return this.#compileSegment(node.segment);
    if ('bucket' in node) return this.#compileBucket(node.bucket);
    if ('lifecycle' in node) return this.#compileLifecycle(node);
    const fact = compileFact(node);
    this.facts.add(fact.fact);
    return { kind: 'fact', leaf: node, ...fact };
  }

  #remember(leaf: Leaf): string {
    this.leaves.set(leaf.key, leaf);
    return leaf.key;
  }

  #compileTrait(node: TraitLeaf): CompiledNode {
    const steps = pathSteps(node.trait);
    const [name = '', ...deeper] = steps;
    const rule = this.#env.computedTrait?.(name);
    if (node.op === 'held') {
      if (rule !== undefined)
        throw new Error(`"${name}" is computed: it is never said, so nothing is known of its being held`);
      const leaf = leafOf({ kind: 'held', trait: steps, value: node.value });
      const isAtLeast = 'atLeast' in node.for;
      const forMs = durationMs('atLeast' in node.for ? node.for.atLeast : node.for.lessThan);
      return { kind: 'held', leafKey: this.#remember(leaf), forMs, isAtLeast };
    }
    const of = this.#compileValue(node, steps);
    const settings = name === LIFECYCLE_TRAIT && deeper.length === 0 ? this.#env.lifecycle?.() : undefined;
    if (settings !== undefined && of.kind === 'trait') return this.#compileStage(settings, of.test);
    if (rule === undefined || deeper.length > 0) {
      this.traits.add(name);
      return of;
    }
    const computed = compileComputed(rule, this.#env);
    this.#remember(computed.leaf);
    if (computed.zone?.isCustomers === true) this.#readCustomerZone();
    return { kind: 'computed', computed, of };
  }

  #compileValue(node: Exclude<TraitLeaf, { op: 'held' }>, steps: readonly string[]): ValueNode {
    switch (node.op) {
      case 'withinLast':
      case 'notWithinLast':
      case 'withinNext':
        return { kind: 'date', steps, op: node.op, windowMs: durationMs(node.value) };
      case 'anniversaryWithin': {
        const zone = zoneChoice(node.zone, this.#env.zone);
        if (zone.isCustomers) this.#readCustomerZone();
        return { kind: 'anniversary', steps, days: node.value.days, zone };
      }
      default: {
        const { trait: _where, ...condition } = node;
        return { kind: 'trait', steps, condition, test: compileCondition(condition) };
      }
    }
  }

  /** Her zone is what her trait says; a change of it is a change of the fact. */
  #readCustomerZone(): void {
    this.traits.add('timezone');
    this.facts.add('$profile');
  }

  #window(node: Parameters<typeof windowOf>[0]): Window {
    const window = windowOf(node, this.#env.zone);
    if (window.kind === 'calendar' && window.zone.isCustomers) this.#readCustomerZone();
    return window;
  }

  #compileEvent(node: EventLeaf): CompiledNode {
    const window = this.#window(node);
    const bounds = absoluteBounds(node);
    if (node.pick !== undefined) {
      const source = eventSource(node, UNBOUNDED, this.#env);
      const leaf = leafOf({ kind: 'pick', which: node.pick, source, having: node.having ?? [] });
      return { kind: 'pick', leafKey: this.#remember(leaf), which: node.pick, period: { window, ...bounds } };
    }
    const source = eventSource(node, bounds, this.#env);
    if (node.aggregate !== undefined) {
      const { function: of, property, ...condition } = node.aggregate;
      const leaf = leafOf({ kind: 'aggregate', source, function: of, property, windowMs: windowReachMs(window) });
      return {
        kind: 'aggregate',
        leafKey: this.#remember(leaf),
        function: of,
        window,
        condition,
        holdsFor: compileNumber(condition),
      };
    }
    const count = node.count ?? { atLeast: 1 };
    const capacity = capacityFor(count);
    const keep =
      window.kind === 'calendar' ? { perQuarter: capacity, spanMs: windowReachMs(window) } : { newest: capacity };
    const leaf = leafOf({ kind: 'count', source, keep });
    return { kind: 'event', leafKey: this.#remember(leaf), window, count, holdsFor: compileCount(count) };
  }

  #compileSequence(node: SequenceLeaf): CompiledNode {
    const window = this.#window(node);
    const bounds = absoluteBounds(node);
    const steps = node.sequence.map((step) => ({
      source: eventSource(step, bounds, this.#env),
      withinMs: step.within === undefined ? Number.POSITIVE_INFINITY : durationMs(step.within),
      ...(step.without === undefined ? {} : { without: eventSource(step.without, bounds, this.#env) }),
    }));
    const leafKey = this.#remember(leafOf({ kind: 'sequence', steps }));
    return { kind: 'sequence', leafKey, withinMs: steps.map(({ withinMs }) => withinMs), window };
  }

  #compileSegment(id: string): CompiledNode {
    if (this.#inside.includes(id)) throw new Error(`segment ${id} names itself by way of others`);
    const rule = this.#env.segmentRule?.(id);
    if (rule === undefined) return NOBODY;
    this.#inside.push(id);
    const root = this.compile(rule);
    this.#inside.pop();
    return root;
  }

  #compileBucket({ salt, from, below }: { salt: string; from: number; below: number }): CompiledNode {
    this.facts.add('$profile');
    return { kind: 'bucket', salt, from: lotsOf(from), below: lotsOf(below) };
  }

  #compileLifecycle(node: LifecycleLeaf): CompiledNode {
    const settings = this.#env.lifecycle?.();
    if (settings !== undefined) return this.#compileStage(settings, (stage) => node.lifecycle.includes(stage));
    const fact = compileFact(node);
    this.facts.add(fact.fact);
    return { kind: 'fact', leaf: node, ...fact };
  }

  /** The newest orders and whether she has an address say the stage. */
  #compileStage(settings: LifecycleSettings, holdsFor: (stage: LifecycleStage) => boolean): CompiledNode {
    this.facts.add('$lifecycle');
    const source = eventSource(settings.order, UNBOUNDED, this.#env);
    const leafKey = this.#remember(leafOf({ kind: 'count', source, keep: { newest: ordersToKeep(settings) } }));
    return { kind: 'lifecycle', leafKey, times: lifecycleTimes(settings), holdsFor };
  }
}

/** The lifecycle stage, as rules, templates and journeys call it. */
export const LIFECYCLE_TRAIT = 'lifecycle_stage';

const NOBODY: CompiledNode = { kind: 'any', children: [] };

/** Hundredths of a percent, without what binary fractions add (0.07 * 100 is not 7). */
function lotsOf(percent: number): number {
  return Math.round(percent * 100 * 1e6) / 1e6;
}
