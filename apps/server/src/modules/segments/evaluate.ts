import type { CompiledNode, ValueNode } from './compiled-node.ts';
import { computedValue } from './computed.ts';
import type { Facts } from './facts.ts';
import { type Flip, LOOK_AHEAD_MAX, NEVER } from './flip.ts';
import type { LeafStates } from './leaf-state.ts';
import { evaluateAggregate } from './leaves/aggregate.ts';
import { evaluateCalendarCount, evaluateCount } from './leaves/count.ts';
import { evaluateHeld } from './leaves/held.ts';
import { evaluatePick } from './leaves/pick.ts';
import { evaluateSequence } from './leaves/sequence.ts';
import { lifecycleStage } from './lifecycle/lifecycle-stage.ts';
import { lotOf } from './lot.ts';
import type { CompiledRule } from './rule.ts';
import type { TraitsView } from './rule-input.ts';
import { evaluateValue } from './value-node.ts';
import type { Window, ZoneChoice } from './window.ts';

export interface RuleInput {
  readonly traits: TraitsView;
  readonly leaves: LeafStates;
  /** Needed by a rule whose `facts` are not empty. */
  readonly facts?: Facts;
  /** It is looked at again then at the latest: whether time changes the answer later need not be known exactly. */
  readonly wakeMs?: number | undefined;
}

export interface RuleTruth {
  readonly holds: boolean;
  /** The first later instant at which time alone changes the answer; null when it never does. May be early, never late. */
  readonly nextChangeAtMs: number | null;
}

/** Whether a rule holds at `nowMs`, and when time alone will next change that. */
export function evaluateRule(compiled: CompiledRule, input: RuleInput, nowMs: number): RuleTruth {
  const { holds, nextMs } = evaluateNode(compiled.root, input, nowMs);
  let atMs = nextMs;
  const { wakeMs = NEVER } = input;
  for (let looked = 0; looked < LOOK_AHEAD_MAX && atMs < wakeMs; looked += 1) {
    const then = evaluateNode(compiled.root, input, atMs);
    if (then.holds !== holds) break;
    atMs = then.nextMs;
  }
  return { holds, nextChangeAtMs: atMs === NEVER ? null : atMs };
}

function evaluateNode(node: CompiledNode, input: RuleInput, nowMs: number): Flip {
  switch (node.kind) {
    case 'all':
      return combine(node.children, input, { nowMs, isAll: true });
    case 'any':
      return combine(node.children, input, { nowMs, isAll: false });
    case 'not': {
      const { holds, nextMs } = evaluateNode(node.child, input, nowMs);
      return { holds: !holds, nextMs };
    }
    case 'everyone':
      return { holds: true, nextMs: NEVER };
    case 'trait':
    case 'date':
    case 'anniversary':
      return evaluateValue(node, input.traits.get(node.steps), { nowMs, zone: zoneOfValue(node, input) });
    case 'bucket': {
      const lot = lotOf(node.salt, factsOf(input).profileId);
      return { holds: lot >= node.from && lot < node.below, nextMs: NEVER };
    }
    case 'fact':
      return { holds: node.holds(factsOf(input)), nextMs: NEVER };
    case 'computed':
      return evaluateComputed(node, input, nowMs);
    default:
      return evaluateLeaf(node, input, nowMs);
  }
}

type LeafNode = Extract<CompiledNode, { leafKey: string }>;

function evaluateLeaf(node: LeafNode, input: RuleInput, nowMs: number): Flip {
  const state = input.leaves[node.leafKey];
  switch (node.kind) {
    case 'event': {
      const times = (state ?? []) as number[];
      const { window, holdsFor } = node;
      if (window.kind !== 'calendar')
        return evaluateCount(times, { windowMs: window.kind === 'last' ? window.ms : NEVER, holdsFor }, nowMs);
      return evaluateCalendarCount(
        times,
        { period: window.period, zone: zoneOf(window.zone, input) },
        { holdsFor, nowMs },
      );
    }
    case 'aggregate':
      return evaluateAggregate(state, { ...node, zone: zoneOfWindow(node.window, input) }, nowMs);
    case 'pick':
      return evaluatePick(state, node.period, { zone: zoneOfWindow(node.period.window, input), nowMs });
    case 'sequence':
      return evaluateSequence(state, { ...node, zone: zoneOfWindow(node.window, input) }, nowMs);
    case 'held':
      return evaluateHeld(state, node, nowMs);
    case 'lifecycle': {
      const about = { hasAddress: factsOf(input).hasAddress(), times: node.times };
      const { stage, nextChangeAtMs } = lifecycleStage((state ?? []) as number[], about, nowMs);
      return { holds: node.holdsFor(stage), nextMs: nextChangeAtMs ?? NEVER };
    }
  }
}

function evaluateComputed(node: Extract<CompiledNode, { kind: 'computed' }>, input: RuleInput, nowMs: number): Flip {
  const state = input.leaves[node.computed.leaf.key];
  const { value, nextChangeAtMs } = computedValue(node.computed, state, {
    nowMs,
    customerZone: () => factsOf(input).zone(),
  });
  const { holds, nextMs } = evaluateValue(node.of, value, { nowMs, zone: zoneOfValue(node.of, input) });
  return { holds, nextMs: Math.min(nextMs, nextChangeAtMs ?? NEVER) };
}

function factsOf({ facts }: RuleInput): Facts {
  if (facts === undefined) throw new Error('the rule reads facts, which were not given');
  return facts;
}

function zoneOf({ name, isCustomers }: ZoneChoice, input: RuleInput): string {
  return isCustomers ? factsOf(input).zone() : name;
}

function zoneOfWindow(window: Window, input: RuleInput): string {
  return window.kind === 'calendar' ? zoneOf(window.zone, input) : 'UTC';
}

function zoneOfValue(node: ValueNode, input: RuleInput): string {
  return node.kind === 'anniversary' ? zoneOf(node.zone, input) : 'UTC';
}

/**
 * A group is decided by its deciding children (the false ones of `all`, the true ones of `any`). While there are some, it
 * flips only after every one of them has, so at the latest of their flips at the earliest; when there are none, the first
 * flip of any child flips it.
 */
function combine(
  children: readonly CompiledNode[],
  input: RuleInput,
  { nowMs, isAll }: { readonly nowMs: number; readonly isAll: boolean },
): Flip {
  let decided = false;
  let earliestMs = NEVER;
  let latestDecidingMs = nowMs;
  for (const child of children) {
    const { holds, nextMs } = evaluateNode(child, input, nowMs);
    if (holds !== isAll) {
      decided = true;
      if (nextMs === NEVER) return { holds, nextMs };
      latestDecidingMs = Math.max(latestDecidingMs, nextMs);
    }
    earliestMs = Math.min(earliestMs, nextMs);
  }
  return decided ? { holds: !isAll, nextMs: latestDecidingMs } : { holds: isAll, nextMs: earliestMs };
}
