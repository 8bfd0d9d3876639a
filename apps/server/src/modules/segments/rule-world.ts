import type { ComputedTraitRule, LifecycleSettings, SegmentRule } from '@segue/contract';

import type { BlindIndex } from './event-source.ts';
import { type CompiledNode, type CompiledRule, type CompileEnv, compileRule } from './rule.ts';

/**
 * What a rule is read with beside its own words, as it was when the rule was said: so that it goes on meaning the same until
 * history has been counted for what it means now. Plain data.
 */
export interface RuleWorld {
  /** The workspace's IANA zone, for calendar words and hours. */
  readonly zone?: string;
  /** Rules of the segments it names, by public id. */
  readonly segments?: Readonly<Record<string, SegmentRule>>;
  /** The computed traits it reads, by name. */
  readonly computed?: Readonly<Record<string, ComputedTraitRule>>;
  /** How lifecycle stages are told, where it asks for them. */
  readonly lifecycle?: LifecycleSettings;
}

/** Everything rules of a workspace can be read with now. */
export type WholeWorld = Omit<CompileEnv, 'index'>;

/** Compiles a rule as it was meant when it was said. */
export function compileIn(rule: SegmentRule, world: RuleWorld, index?: BlindIndex): CompiledRule {
  const { zone = 'UTC', segments = {}, computed = {}, lifecycle } = world;
  return compileRule(rule, {
    index,
    zone,
    segmentRule: (id) => own(segments, id),
    computedTrait: (name) => own(computed, name),
    lifecycle: () => lifecycle,
  });
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Of the world only what the rule is read with. */
export function worldOf(rule: SegmentRule, whole: WholeWorld): RuleWorld {
  const asked = {
    segments: new Map<string, SegmentRule>(),
    computed: new Map<string, ComputedTraitRule>(),
  };
  const told: { lifecycle?: LifecycleSettings } = {};
  compileRule(rule, {
    zone: whole.zone,
    segmentRule: (id) => noted(asked.segments, id, whole.segmentRule?.(id)),
    computedTrait: (name) => noted(asked.computed, name, whole.computedTrait?.(name)),
    lifecycle() {
      const lifecycle = whole.lifecycle?.();
      if (lifecycle !== undefined) told.lifecycle = lifecycle;
      return lifecycle;
    },
  });
  return {
    zone: whole.zone,
    ...told,
    ...Object.fromEntries(
      Object.entries(asked).flatMap(([name, found]) => (found.size === 0 ? [] : [[name, Object.fromEntries(found)]])),
    ),
  };
}

function noted<T>(found: Map<string, T>, name: string, value: T | undefined): T | undefined {
  if (value !== undefined) found.set(name, value);
  return value;
}

/** Public ids of the segments a rule names itself. */
export function namedSegments(rule: SegmentRule): readonly string[] {
  if ('all' in rule) return rule.all.flatMap(namedSegments);
  if ('any' in rule) return rule.any.flatMap(namedSegments);
  if ('not' in rule) return namedSegments(rule.not);
  return 'segment' in rule ? [rule.segment] : [];
}

/** Every node of a compiled rule, the groups among them. */
export function* nodesOf(node: CompiledNode): Generator<CompiledNode> {
  yield node;
  if ('children' in node) for (const child of node.children) yield* nodesOf(child);
  if ('child' in node) yield* nodesOf(node.child);
}
