import type { JsonObject } from '../../platform/json.ts';
import type { ActiveSegment, SegmentDefinitions } from './definitions.ts';
import { evaluateRule } from './evaluate.ts';
import { applyEvents, isCounted, type LeafStates, mergeLeafStates } from './leaf-state.ts';
import { valueAt } from './path.ts';
import type { RuleEvent, TraitsView } from './rule-input.ts';
import type { SegmentState } from './segment-section.ts';

export interface MemberInput {
  readonly state: SegmentState;
  /** What was merged into this profile, and history that is folded in now: disjoint from what `state` counted. */
  readonly folded: readonly LeafStates[];
  /** Short keys of segments that profiles merged into this one were in: the customer was in them, told of already. */
  readonly carried: readonly string[];
  readonly events: readonly RuleEvent[];
  /** Asked only where a rule reads a trait. */
  traits(): JsonObject;
  /** Evaluate every rule: the profile is new, was merged or woken, or its traits changed. */
  readonly everyRule: boolean;
  readonly nowMs: number;
}

export interface MemberOutput {
  readonly state: SegmentState;
  readonly entered: readonly ActiveSegment[];
  readonly left: readonly ActiveSegment[];
  /** Members from before the segment was defined, or through a merge: no event tells of them. */
  readonly found: readonly ActiveSegment[];
}

/** What events, merges and the passing of time do to one profile's memberships. Pure. */
export function advanceMember(definitions: SegmentDefinitions, input: MemberInput): MemberOutput {
  if (isUntouched(definitions, input)) return { state: input.state, entered: [], left: [], found: [] };
  const before = foldIn(definitions, input);
  const found = definitions.sweeping ? lookAtSwept(definitions, input, before) : NOTHING_FOUND;
  const { events, nowMs } = input;
  const leaves = applyEvents(definitions.rules, before, { events, nowMs, hasHistory: definitions.hasHistory });
  const affected = input.everyRule ? definitions.segments : affectedBy(definitions, before, leaves);
  const member = new Set([...input.state.member, ...input.carried, ...found.member.map((segment) => segment.key)]);
  const entered: ActiveSegment[] = [];
  const left: ActiveSegment[] = [];
  const traits = traitsView(() => input.traits());
  let wakeMs = found.wakeMs;
  for (const segment of affected) {
    const truth = evaluateRule(segment.compiled, { traits, leaves }, input.nowMs);
    if (truth.nextChangeAtMs !== null) wakeMs = Math.min(wakeMs, truth.nextChangeAtMs);
    if (truth.holds === member.has(segment.key)) continue;
    if (truth.holds) member.add(segment.key);
    else member.delete(segment.key);
    (truth.holds ? entered : left).push(segment);
  }
  const known = new Map(definitions.segments.map((segment) => [segment.key, segment]));
  const joined = new Set([...input.carried, ...found.member.map((segment) => segment.key)]);
  return {
    state: nextState(definitions, input, { leaves, member: keep(known, member), looked: found.looked, wakeMs }),
    entered,
    left,
    found: keep(known, joined)
      .filter((key) => member.has(key) && !input.state.member.includes(key))
      .map((key) => known.get(key)!),
  };
}

/** Most events no rule counts: then there is nothing to evaluate, and nothing to write. */
function isUntouched(definitions: SegmentDefinitions, input: MemberInput): boolean {
  if (input.everyRule || definitions.sweeping || input.folded.length > 0 || input.carried.length > 0) return false;
  return !input.events.some((event) => isCounted(definitions.rules, event));
}

/** What profiles still hold of segments that are gone is dropped. */
function keep(known: ReadonlyMap<string, ActiveSegment>, keys: ReadonlySet<string>): string[] {
  return [...keys].filter((key) => known.has(key));
}

function foldIn(definitions: SegmentDefinitions, input: MemberInput): LeafStates {
  const own = decodeLeaves(definitions, input.state.leaves);
  return input.folded.length === 0 ? own : mergeLeafStates([own, ...input.folded], input.nowMs);
}

/** Leaf states by leaf key; what was counted for a rule that is gone is dropped. */
export function decodeLeaves(definitions: SegmentDefinitions, stored: SegmentState['leaves']): LeafStates {
  const leaves: Record<string, readonly number[]> = {};
  for (const generation in stored) {
    const key = definitions.keyOf.get(Number(generation));
    if (key !== undefined) leaves[key] = stored[generation]!;
  }
  return leaves;
}

/** Leaf states as they are stored: by generation. */
export function encodeLeaves(definitions: SegmentDefinitions, states: LeafStates): SegmentState['leaves'] {
  const leaves: SegmentState['leaves'] = {};
  for (const key in states) {
    const generation = definitions.generationOf.get(key);
    if (generation !== undefined) leaves[generation] = [...states[key]!];
  }
  return leaves;
}

function affectedBy(definitions: SegmentDefinitions, before: LeafStates, after: LeafStates): Iterable<ActiveSegment> {
  const affected = new Set<ActiveSegment>();
  if (before === after) return affected;
  for (const key in after) {
    if (after[key] === before[key]) continue;
    for (const rule of definitions.rules.rulesByLeaf.get(key) ?? []) {
      const segment = definitions.byRule.get(rule);
      if (segment !== undefined) affected.add(segment);
    }
  }
  return affected;
}

interface Found {
  readonly member: readonly ActiveSegment[];
  readonly looked: readonly string[];
  readonly wakeMs: number;
}
const NOTHING_FOUND: Found = { member: [], looked: [], wakeMs: Number.POSITIVE_INFINITY };

/** The first look at a profile for segments still being swept: who is in now was in before the segment was defined. */
function lookAtSwept(definitions: SegmentDefinitions, input: MemberInput, leaves: LeafStates): Found {
  const traits = traitsView(() => input.traits());
  const known = new Set(input.state.looked);
  const sweeping = definitions.segments.filter((segment) => segment.status === 'sweeping');
  const member: ActiveSegment[] = [];
  let wakeMs = Number.POSITIVE_INFINITY;
  for (const segment of sweeping) {
    if (known.has(segment.key)) continue;
    const truth = evaluateRule(segment.compiled, { traits, leaves }, input.nowMs);
    if (truth.nextChangeAtMs !== null) wakeMs = Math.min(wakeMs, truth.nextChangeAtMs);
    if (truth.holds) member.push(segment);
  }
  return { member, looked: sweeping.map((segment) => segment.key), wakeMs };
}

function nextState(
  definitions: SegmentDefinitions,
  input: MemberInput,
  next: { leaves: LeafStates; member: string[]; looked: readonly string[]; wakeMs: number },
): SegmentState {
  const leaves = encodeLeaves(definitions, next.leaves);
  // A wake that is already set for earlier stays: it costs one look, and moving it costs a write for every event.
  const wakeMs = Math.min(next.wakeMs, input.state.wakeMs ?? Number.POSITIVE_INFINITY);
  return {
    leaves,
    member: next.member,
    ...(wakeMs > WAKE_MAX ? {} : { wakeMs }),
    ...(next.looked.length === 0 ? {} : { looked: [...next.looked] }),
  };
}

/** The last instant a date can hold; what changes after it never changes. */
const WAKE_MAX = 8_640_000_000_000_000;

function traitsView(load: () => JsonObject): TraitsView {
  let traits: JsonObject | undefined;
  return { get: (path) => valueAt((traits ??= load()), path) };
}
