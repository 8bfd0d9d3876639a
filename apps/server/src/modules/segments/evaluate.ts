import type { Json } from '../../platform/json.ts';
import { instantOf } from './condition.ts';
import type { LeafState, LeafStates } from './leaf-state.ts';
import type { CompiledNode, CompiledRule, RelativeDateOp } from './rule.ts';
import type { TraitsView } from './rule-input.ts';

export interface RuleInput {
  readonly traits: TraitsView;
  readonly leaves: LeafStates;
}

export interface RuleTruth {
  readonly holds: boolean;
  /** The first later instant at which time alone changes the answer; null when it never does. May be early, never late. */
  readonly nextChangeAtMs: number | null;
}

/** A truth and the earliest instant it can flip; `Infinity` is never. */
interface Flip {
  readonly holds: boolean;
  readonly nextMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const NO_TIMES: LeafState = [];

/** Instants at which parts flip but the rule may not; beyond this many the answer may be early, which costs one wake. */
const LOOK_AHEAD_MAX = 64;

/** Whether a rule holds at `nowMs`, and when time alone will next change that. */
export function evaluateRule(compiled: CompiledRule, input: RuleInput, nowMs: number): RuleTruth {
  const { holds, nextMs } = evaluateNode(compiled.root, input, nowMs);
  let atMs = nextMs;
  for (let looked = 0; looked < LOOK_AHEAD_MAX && atMs !== NEVER; looked += 1) {
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
    case 'trait':
      return { holds: node.test(input.traits.get(node.steps)), nextMs: NEVER };
    case 'date':
      return evaluateDate(node, input.traits.get(node.steps), nowMs);
    case 'event':
      return evaluateCount(node, input.leaves[node.leafKey] ?? NO_TIMES, nowMs);
  }
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

/** `withinLast` is (now - W, now], `withinNext` is (now, now + W]; a value that is no date is in neither, nor outside. */
function evaluateDate(
  { op, windowMs }: { readonly op: RelativeDateOp; readonly windowMs: number },
  value: Json | undefined,
  nowMs: number,
): Flip {
  const dateMs = instantOf(value);
  if (dateMs === undefined) return { holds: false, nextMs: NEVER };
  const fromMs = op === 'withinNext' ? dateMs - windowMs : dateMs;
  const untilMs = fromMs + windowMs;
  const isInside = nowMs >= fromMs && nowMs < untilMs;
  const nextMs = nowMs < fromMs ? fromMs : nowMs < untilMs ? untilMs : NEVER;
  return { holds: op === 'notWithinLast' ? !isInside : isInside, nextMs };
}

/** Walks the instants at which a time comes into the window (now - W, now] or leaves it, until the count's truth changes. */
function evaluateCount(
  { windowMs, holdsFor }: { readonly windowMs: number; readonly holdsFor: (times: number) => boolean },
  newestFirst: LeafState,
  nowMs: number,
): Flip {
  let first = 0;
  while (first < newestFirst.length && newestFirst[first]! > nowMs) first += 1;
  let end = first;
  while (end < newestFirst.length && newestFirst[end]! > nowMs - windowMs) end += 1;
  const holds = holdsFor(end - first);
  for (;;) {
    const comesMs = first > 0 ? newestFirst[first - 1]! : NEVER;
    const leavesMs = end > 0 ? newestFirst[end - 1]! + windowMs : NEVER;
    const atMs = Math.min(comesMs, leavesMs);
    if (atMs === NEVER) return { holds, nextMs: NEVER };
    while (first > 0 && newestFirst[first - 1]! <= atMs) first -= 1;
    while (end > first && newestFirst[end - 1]! + windowMs <= atMs) end -= 1;
    if (holdsFor(end - first) !== holds) return { holds, nextMs: atMs };
  }
}
