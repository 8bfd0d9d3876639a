import type { LifecycleStage, MemberCause } from '@segue/contract';
import type { Json, JsonObject } from '../../platform/json.ts';
import type { ActiveSegment, SegmentDefinitions } from './definitions.ts';
import { evaluateRule, type RuleInput } from './evaluate.ts';
import type { Facts } from './facts.ts';
import { applyEvents, isCounted, type LeafStates, mergeLeafStates } from './leaf-state.ts';
import { advanceStage, type StageOutput } from './lifecycle/advance-stage.ts';
import { valueAt } from './path.ts';
import type { RuleEvent, TraitsView } from './rule-input.ts';
import { EMPTY_STATE, type SegmentState } from './segment-section.ts';

export interface MemberInput {
  readonly state: SegmentState;
  /** What was merged into this profile, and history that is folded in now: disjoint from what `state` counted. */
  readonly folded: readonly LeafStates[];
  /** Short keys of segments that profiles merged into this one were in: the customer was in them, told of already. */
  readonly carried: readonly string[];
  /** Lifecycle stages of the profiles merged into this one. */
  readonly mergedStages: readonly LifecycleStage[];
  /** Of the segments the state is behind, those that hold the profile by their rows (short keys). */
  readonly inRows: ReadonlySet<string>;
  /** Of those that history answered, the ones it could not judge the profile for (short keys). */
  readonly unjudged: ReadonlySet<string>;
  readonly events: readonly RuleEvent[];
  /** Asked only where a rule reads a trait. */
  traits(): JsonObject;
  /** What rules ask beside traits and events. */
  readonly facts: Facts;
  /** Evaluate every rule: the profile is new, was merged or woken, or its traits changed. */
  readonly everyRule: boolean;
  /** Why it enters or leaves what it does. */
  readonly cause: MemberCause;
  readonly nowMs: number;
}

/** A segment that begins to hold the profile, or ends to. */
export interface Flip {
  readonly segment: ActiveSegment;
  readonly cause: MemberCause;
}

/** One that is told of. */
export interface ToldFlip extends Flip {
  readonly name: 'Segment Entered' | 'Segment Left';
}

export interface MemberOutput {
  readonly state: SegmentState;
  /** In order. Nothing is told of members from before the segment was defined, or through a merge. */
  readonly told: readonly ToldFlip[];
  /** Rows to be written once those of `gone` are away. */
  readonly joined: readonly Flip[];
  readonly gone: readonly ActiveSegment[];
  /** The lifecycle stage it enters, to be told of. */
  readonly entered?: { readonly stage: LifecycleStage; readonly previous: LifecycleStage };
}

/** What events, merges and the passing of time do to one profile's memberships. Pure. */
export function advanceMember(definitions: SegmentDefinitions, input: MemberInput): MemberOutput {
  if (isUntouched(definitions, input)) return { state: input.state, told: [], joined: [], gone: [] };
  const before = foldIn(definitions, input);
  const behind = segmentsBehind(definitions, input.state);
  const turns = new Turns(rememberedBy(input, behind));
  const { events, nowMs, cause, facts } = input;
  const traits = traitsView(() => input.traits());
  const known = { traits, facts, wakeMs: input.state.wakeMs };
  // That is asked before the events at hand are counted.
  for (const segment of behind) {
    if (segment.status !== 'sweeping') continue;
    const reason = reasonToDiffer(segment, input);
    turns.ask(segment, { known: { ...known, leaves: before }, nowMs, cause: reason, isTold: reason !== 'already_in' });
  }
  const leaves = applyEvents(definitions.rules, before, { events, nowMs, hasHistory: definitions.hasHistory });
  const affected = input.everyRule
    ? definitions.segments
    : new Set([...affectedBy(definitions, before, leaves), ...behind]);
  const question: Question = { known: { ...known, leaves }, nowMs, cause, isTold: true };
  for (const segment of affected) turns.ask(segment, question);
  for (const segment of input.carried.length === 0 ? [] : definitions.segments) {
    if (input.carried.includes(segment.key) && !input.state.member.includes(segment.key)) turns.carry(segment);
  }
  const stage = askStage(definitions, input, { before, after: leaves });
  const member = [...turns.member].filter((key) => definitions.keys.has(key));
  const wakeMs = Math.min(turns.wakeMs, stage?.nextMs ?? Number.POSITIVE_INFINITY);
  const state = nextState(definitions, input, { leaves, member, wakeMs, stage: stage?.stage ?? input.state.stage });
  const previous = stage?.previous;
  return { state, ...turns.outcome(), ...(previous && { entered: { stage: stage!.stage, previous } }) };
}

/**
 * Why a profile is in or out of a segment otherwise than was known of it, the first time it is asked: by the change of the rule;
 * by what happened since the segment was defined, where its rows say who was in then; else it was in before.
 */
function reasonToDiffer({ isChanged, isAnswered, key }: ActiveSegment, input: MemberInput): MemberCause {
  if (isChanged) return 'rule_changed';
  return isAnswered && !input.unjudged.has(key) ? input.cause : 'already_in';
}

/** Undefined where nothing that stages follow from has changed. */
function askStage(
  { lifecycle }: SegmentDefinitions,
  input: MemberInput,
  { before, after }: { before: LeafStates; after: LeafStates },
): StageOutput | undefined {
  if (lifecycle === undefined) return undefined;
  const isBehind = (input.state.upTo ?? 0) < lifecycle.serial;
  if (!input.everyRule && !isBehind && before[lifecycle.leafKey] === after[lifecycle.leafKey]) return undefined;
  const { mergedStages: merged, nowMs } = input;
  const hasAddress = input.facts.hasAddress();
  return advanceStage(lifecycle, { known: input.state.stage, merged, isBehind, hasAddress, before, after, nowMs });
}

/** Of segments the state is behind the rows say whether the profile is in them. */
function rememberedBy(input: MemberInput, behind: readonly ActiveSegment[]): ReadonlySet<string> {
  const isOwn = (key: string) => !behind.some((segment) => segment.key === key);
  return new Set([...input.state.member.filter(isOwn), ...input.inRows, ...input.carried]);
}

interface Question {
  readonly known: RuleInput;
  readonly nowMs: number;
  readonly cause: MemberCause;
  readonly isTold: boolean;
}

/** What becomes of the memberships of one profile, question by question. */
class Turns {
  readonly member: Set<string>;
  wakeMs = Number.POSITIVE_INFINITY;
  readonly #told: ToldFlip[] = [];
  readonly #joined = new Map<ActiveSegment, MemberCause>();
  readonly #gone = new Set<ActiveSegment>();

  constructor(member: ReadonlySet<string>) {
    this.member = new Set(member);
  }

  ask(segment: ActiveSegment, { known, nowMs, cause, isTold }: Question): void {
    const { holds, nextChangeAtMs } = evaluateRule(segment.compiled, known, nowMs);
    if (nextChangeAtMs !== null) this.wakeMs = Math.min(this.wakeMs, nextChangeAtMs);
    if (holds === this.member.has(segment.key)) return;
    if (holds) {
      this.member.add(segment.key);
      this.#joined.set(segment, cause);
    } else {
      this.member.delete(segment.key);
      this.#joined.delete(segment);
      this.#gone.add(segment);
    }
    if (isTold) this.#told.push({ segment, cause, name: holds ? 'Segment Entered' : 'Segment Left' });
  }

  /** A profile that was merged into this one was in it. */
  carry(segment: ActiveSegment): void {
    if (this.member.has(segment.key) && !this.#joined.has(segment)) this.#joined.set(segment, 'merged');
  }

  outcome(): Pick<MemberOutput, 'told' | 'joined' | 'gone'> {
    const joined = [...this.#joined].map(([segment, cause]) => ({ segment, cause }));
    return { told: this.#told, joined, gone: [...this.#gone] };
  }
}

/** Segments that began to be evaluated since this profile was looked at last. */
export function segmentsBehind(
  definitions: SegmentDefinitions,
  state: SegmentState | undefined,
): readonly ActiveSegment[] {
  const upTo = (state ?? EMPTY_STATE).upTo ?? 0;
  return upTo >= definitions.serialMax ? [] : definitions.segments.filter((segment) => segment.serial > upTo);
}

/** Most events no rule counts: then there is nothing to evaluate, and nothing to write. */
export function isUntouched(
  definitions: SegmentDefinitions,
  input: Pick<MemberInput, 'state' | 'everyRule' | 'folded' | 'carried' | 'events'>,
): boolean {
  if (input.everyRule || (input.state.upTo ?? 0) < definitions.serialMax) return false;
  if (input.folded.length > 0 || input.carried.length > 0) return false;
  return !input.events.some((event) => isCounted(definitions.rules, event));
}

function foldIn(definitions: SegmentDefinitions, input: MemberInput): LeafStates {
  const own = decodeLeaves(definitions, input.state.leaves);
  return input.folded.length === 0 ? own : mergeLeafStates([own, ...input.folded], input.nowMs);
}

/** Leaf states by leaf key; what was counted for a rule that is gone is dropped. */
export function decodeLeaves(definitions: SegmentDefinitions, stored: SegmentState['leaves']): LeafStates {
  const leaves: Record<string, Json> = {};
  for (const generation in stored) {
    const key = definitions.keyOf.get(Number(generation));
    if (key !== undefined) leaves[key] = stored[generation]!;
  }
  return leaves as LeafStates;
}

/** Leaf states as they are stored: by generation. */
export function encodeLeaves(definitions: SegmentDefinitions, states: LeafStates): SegmentState['leaves'] {
  const leaves: SegmentState['leaves'] = {};
  for (const key in states) {
    const generation = definitions.generationOf.get(key);
    if (generation !== undefined) leaves[generation] = states[key]! as Json;
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

function nextState(
  definitions: SegmentDefinitions,
  input: MemberInput,
  next: { leaves: LeafStates; member: string[]; wakeMs: number; stage: LifecycleStage | undefined },
): SegmentState {
  const leaves = encodeLeaves(definitions, next.leaves);
  // A wake that is already set for earlier stays: it costs one look, and moving it costs a write for every event.
  const wakeMs = Math.min(next.wakeMs, input.state.wakeMs ?? Number.POSITIVE_INFINITY);
  const upTo = Math.max(input.state.upTo ?? 0, definitions.serialMax);
  return {
    leaves,
    member: next.member,
    ...(wakeMs > WAKE_MAX ? {} : { wakeMs }),
    ...(upTo === 0 ? {} : { upTo }),
    ...(definitions.lifecycle && next.stage && next.stage !== 'visitor' ? { stage: next.stage } : {}),
  };
}

/** The last instant a date can hold; what changes after it never changes. */
const WAKE_MAX = 8_640_000_000_000_000;

function traitsView(load: () => JsonObject): TraitsView {
  let traits: JsonObject | undefined;
  return { get: (path) => valueAt((traits ??= load()), path) };
}
