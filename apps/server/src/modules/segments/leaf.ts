import { createHash } from 'node:crypto';

import type { Json } from '../../platform/json.ts';
import { compileCondition } from './condition.ts';
import { compileFilters, compilePasses, compileSource, filterMeaning, sourceMeaning } from './event-source.ts';
import type { EventSource, LeafPlan } from './leaf-plan.ts';
import { SAID_LENGTH } from './leaves/held.ts';
import { keyPrefix, kindOfKey } from './leaves/kind-of-key.ts';
import type { LeafKind, LeafSample, LeafState } from './leaves/leaf-kind.ts';
import { countable, scalarText } from './leaves/tally.ts';
import { pathSteps, valueAt } from './path.ts';
import type { RuleEvent } from './rule-input.ts';

/** What is remembered of a profile for part of a rule, shared by every part that remembers the same. */
export interface Leaf {
  /** Stable name of the state: what is remembered, not threshold or window. */
  readonly key: string;
  readonly plan: LeafPlan;
  /** By type and name the events it may take a sample of. */
  readonly hears: readonly Pick<EventSource, 'type' | 'name' | 'prefix'>[];
  readonly kind: LeafKind;
  /** What an event says to it; undefined: nothing. Filters, clock and period are asked, as are type and name. */
  sampleOf(event: RuleEvent): LeafSample | undefined;
}

/** Makes the leaf of a plan. Equal plans, however they are spelled, have the same key for ever: states are stored by it. */
export function leafOf(plan: LeafPlan): Leaf {
  const key = `${keyPrefix(plan)}.${createHash('sha256').update(meaningOf(plan)).digest('base64url').slice(0, 12)}`;
  const kind = kindOfKey(key);
  if (kind === undefined) throw new Error(`no kind of leaf keeps ${key}`);
  return { key, plan, hears: heardBy(plan), kind, sampleOf: compileSample(plan) };
}

/** The key's prefix says the rest. */
function meaningOf(plan: LeafPlan): string {
  switch (plan.kind) {
    case 'count':
      return sourceMeaning(plan.source);
    case 'aggregate':
      return JSON.stringify([
        sourceMeaning(plan.source),
        plan.property === undefined ? null : pathSteps(plan.property),
      ]);
    case 'pick': {
      const property = plan.property === undefined ? null : pathSteps(plan.property);
      return JSON.stringify([sourceMeaning(plan.source), plan.having.map(filterMeaning).sort(), property]);
    }
    case 'sequence': {
      const steps = plan.steps.map(({ source, without }) => [
        sourceMeaning(source),
        without === undefined ? null : sourceMeaning(without),
      ]);
      return JSON.stringify(steps);
    }
    case 'held':
      return JSON.stringify([plan.trait, plan.value]);
  }
}

function heardBy(plan: LeafPlan): Leaf['hears'] {
  if (plan.kind === 'held') return [{ type: 'identify' }];
  if (plan.kind !== 'sequence') return [plan.source];
  const sources = plan.steps.flatMap(({ source, without }) => (without === undefined ? [source] : [source, without]));
  return [
    ...new Map(sources.map((source) => [JSON.stringify([source.type, source.name, source.prefix]), source])).values(),
  ];
}

function compileSample(plan: LeafPlan): Leaf['sampleOf'] {
  switch (plan.kind) {
    case 'count':
      return whenOf(plan.source, (event) => [event.occurredAt]);
    case 'aggregate': {
      const steps = plan.property === undefined ? [] : pathSteps(plan.property);
      return whenOf(plan.source, (event) => {
        const value = countable(plan.function, valueAt(event.payload.properties, steps));
        return value === undefined ? undefined : [event.occurredAt, value];
      });
    }
    case 'pick': {
      if (plan.property !== undefined) {
        const steps = pathSteps(plan.property);
        return whenOf(plan.source, (event) => [
          event.occurredAt,
          scalarText(valueAt(event.payload.properties, steps)) ?? '',
        ]);
      }
      const isSo = compileFilters(plan.having);
      return whenOf(plan.source, (event) => [event.occurredAt, isSo(event) ? 1 : 0]);
    }
    case 'sequence':
      return compileRoles(plan.steps);
    case 'held':
      return compileSaying(plan);
  }
}

function whenOf(source: EventSource, say: (event: RuleEvent) => LeafSample | undefined): Leaf['sampleOf'] {
  const isOf = compileSource(source);
  return (event) => (isOf(event) ? say(event) : undefined);
}

function compileRoles(steps: Extract<LeafPlan, { kind: 'sequence' }>['steps']): Leaf['sampleOf'] {
  const roles = [
    ...steps.map(({ source }, step) => ({ isOf: compileSource(source), bit: 1 << step })),
    ...steps.flatMap(({ without }, step) =>
      without === undefined ? [] : [{ isOf: compileSource(without), bit: 1 << (steps.length + step) }],
    ),
  ];
  return (event) => {
    let bits = 0;
    for (const { isOf, bit } of roles) if (isOf(event)) bits |= bit;
    return bits === 0 ? undefined : [event.occurredAt, bits];
  };
}

function compileSaying({ trait, value }: Extract<LeafPlan, { kind: 'held' }>): Leaf['sampleOf'] {
  const isValue = compileCondition({ op: 'equals', value });
  const [top = '', ...deeper] = trait;
  return (event) => {
    const traits = event.payload.traits;
    if (event.type !== 'identify' || traits === undefined || !Object.hasOwn(traits, top)) return undefined;
    const said: Json | undefined = valueAt(traits[top], deeper);
    return [event.occurredAt, isValue(said) ? 1 : 0, JSON.stringify(said ?? null).slice(0, SAID_LENGTH)];
  };
}

/**
 * A state from samples in any order: what the history found of one profile or one identity node. Samples are as the kind's
 * file in `leaves/` describes them; a state may also be written as JSON directly in the shape described there.
 */
export function foldSamples(
  leaf: Pick<Leaf, 'kind'>,
  samples: Iterable<LeafSample>,
  nowMs: number,
): LeafState | undefined {
  let state: LeafState | undefined;
  for (const sample of samples) state = leaf.kind.insert(state, sample, nowMs);
  return state;
}

/** Filters and clock of a count alone, for who asks type and name himself. */
export function passesOf(leaf: Leaf): (event: RuleEvent) => boolean {
  if (leaf.plan.kind !== 'count') throw new Error('only a count is one kind of event');
  return compilePasses(leaf.plan.source);
}
