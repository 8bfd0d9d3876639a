import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { CompiledGraph } from './graph.ts';
import type { Heard, HeardEntry, LiveJourney, LiveJourneys } from './live-journeys.ts';
import { mergeSections, recall, remember, type JourneySection } from './memory.ts';
import { keptRuns } from './kept-runs.ts';
import { step } from './step.ts';
import type { Facts, HeardEvent, JourneyRun, RunEffect, RunInput } from './types.ts';

type WithoutWorld<I> = I extends RunInput ? Omit<I, 'now' | 'facts'> : never;
/** An input without what the world looks like, which is the same for every run of the profile. */
type Cause = WithoutWorld<RunInput>;

export interface RunWorld {
  readonly live: LiveJourneys;
  readonly now: number;
  newId(): string;
  isMember(segmentId: string): boolean;
  readonly traits: JsonObject;
}

export interface Outcome {
  readonly run: JourneyRun;
  readonly journey: LiveJourney;
  readonly effect: RunEffect;
  /** The run's own, so that what it sends and tells goes where it goes; else that of the event that caused it. */
  readonly node: NodeRef | undefined;
}

export interface ProfileRunsState {
  readonly profileId: string;
  readonly section: JourneySection;
  /** All of the profile's runs that have not ended, or only those to be woken. */
  readonly runs: readonly JourneyRun[];
  /** Pairs of journey and key, as `pastKey`, that had a run once. */
  readonly past: ReadonlySet<string>;
}

export function pastKey(journeyId: string, key: string): string {
  return `${journeyId}:${key}`;
}

/** What one profile's runs go through in one batch. Decides only; `outcomes`, `created` and `changed` say what to do. */
export class ProfileRuns {
  readonly profileId: string;
  readonly outcomes: Outcome[] = [];
  readonly created = new Set<string>();
  readonly changed = new Set<string>();
  readonly #runs = new Map<string, JourneyRun>();
  readonly #past: ReadonlySet<string>;
  readonly #world: RunWorld;
  readonly #sectionBefore: JourneySection;
  #section: JourneySection;

  constructor(state: ProfileRunsState, world: RunWorld) {
    this.profileId = state.profileId;
    this.#section = state.section;
    this.#sectionBefore = state.section;
    this.#past = state.past;
    this.#world = world;
    for (const run of state.runs) this.#runs.set(run.id, run);
  }

  get section(): JourneySection {
    return this.#section;
  }

  get hasNewSection(): boolean {
    return this.#section !== this.#sectionBefore;
  }

  get runs(): ReadonlyMap<string, JourneyRun> {
    return this.#runs;
  }

  /** Remembers the event, lets every run hear it, and starts what it starts. */
  hear(event: HeardEvent & { readonly nodes: readonly NodeRef[] }, heard: Heard): void {
    for (const [slot, key] of heard.slots) {
      this.#section = remember(this.#section, { slot, key, atMs: event.occurredAt }, this.#world.now);
    }
    const node = event.nodes[0];
    for (const run of [...this.#runs.values()]) {
      if (this.#graphOf(run)?.listeners.some((listener) => heard.slots.has(listener.slot)))
        this.#tell(run, event, node);
    }
    for (const entry of heard.entries) this.#enter(entry, event, node);
  }

  /** A wait that was over before the event happened ends first, unless the event stops the run. */
  #tell(run: JourneyRun, event: HeardEvent, node: NodeRef | undefined): void {
    const kind = event.type === 'internal' && event.name.startsWith('Segment ') ? 'segmentChanged' : 'event';
    let told = this.#turn(run, { kind, event }, node);
    while (told === run && run.state === 'waiting' && run.wakeAt !== null && run.wakeAt <= event.occurredAt) {
      const woken = this.#turn(run, { kind: 'woke', wakeAt: run.wakeAt }, node);
      if (woken === run) return;
      run = woken;
      told = this.#turn(run, { kind, event }, node);
    }
  }

  #enter({ journey, graph, key }: HeardEntry, event: HeardEvent, node: NodeRef | undefined): void {
    if (event.occurredAt < this.#world.now - graph.enterWithinMs) return;
    const { reentry } = graph.source;
    const earlier = [...this.#runs.values()].filter((run) => run.journeyId === journey.id && run.key === key);
    const active = earlier.find((run) => run.state === 'waiting');
    if (active !== undefined) {
      if (reentry !== 'always' || event.occurredAt <= active.enteredAt) return;
      this.#turn(active, { kind: 'stopped', reason: 'restarted' }, node);
    } else if (this.#wasHereBefore({ journey, graph, key }, event, earlier)) return;
    const run = newRun({ id: this.#world.newId(), journey, profileId: this.profileId, key, node });
    this.#turn(run, { kind: 'entered', event, key }, node);
  }

  /** Whether the re-entry rule passes this cause by; `always` and `afterEnd` too when a later cause came before it. */
  #wasHereBefore({ journey, graph, key }: HeardEntry, event: HeardEvent, earlier: readonly JourneyRun[]): boolean {
    const { reentry } = graph.source;
    const last = this.#section.e?.[journey.id];
    if (reentry === 'never' && (last !== undefined || earlier.length > 0 || this.#past.has(pastKey(journey.id, key))))
      return true;
    const times = earlier.map((run) => [run.enteredAt, run.endedAt ?? 0] as const);
    if (last !== undefined) times.push(last);
    return times.some(
      ([enteredAt, endedAt]) => event.occurredAt <= enteredAt || (reentry === 'afterEnd' && event.occurredAt < endedAt),
    );
  }

  /** Its wait is over; a pause or another cause that came first leaves it as it is. */
  wake(run: JourneyRun): void {
    if (run.wakeAt !== null) this.#turn(run, { kind: 'woke', wakeAt: run.wakeAt }, undefined);
  }

  archive(run: JourneyRun): void {
    this.#turn(run, { kind: 'stopped', reason: 'archived' }, undefined);
  }

  /** Takes over everything of a profile that turned out to be this one. `keptRuns` says which runs go on. */
  absorb(other: ProfileRuns): void {
    this.#section = mergeSections(this.#section, other.#section, this.#world.now);
    for (const outcome of other.outcomes) this.outcomes.push(outcome);
    for (const id of other.created) this.created.add(id);
    for (const id of other.changed) this.changed.add(id);
    for (const run of other.#runs.values()) this.#runs.set(run.id, run);
    const kept = keptRuns(this.#runs.values());
    for (const run of [...this.#runs.values()].sort(byAge)) {
      if (run.state === 'ended') this.#runs.set(run.id, { ...run, profileId: this.profileId });
      else this.#turn(run, { kind: 'merged', into: this.profileId, isKept: kept.has(run.id) }, undefined);
    }
  }

  /** Gives away the runs that go with these nodes. */
  release(nodes: ReadonlySet<number>): JourneyRun[] {
    const given = [...this.#runs.values()].filter((run) => run.node !== null && nodes.has(run.node.id));
    for (const run of given) this.#runs.delete(run.id);
    return given;
  }

  /** Takes runs that came with a node. One of this profile's own may have to end for an older one, or an own one stay. */
  receive(given: readonly JourneyRun[]): void {
    for (const run of given) this.#runs.set(run.id, run);
    const kept = keptRuns(this.#runs.values());
    const came = new Set(given.map((run) => run.id));
    for (const run of [...this.#runs.values()].sort(byAge)) {
      const isKept = kept.has(run.id);
      if (came.has(run.id) || !isKept) this.#turn(run, { kind: 'merged', into: this.profileId, isKept }, undefined);
    }
  }

  #turn(run: JourneyRun, cause: Cause, node: NodeRef | undefined): JourneyRun {
    const journey = this.#world.live.byId.get(run.journeyId);
    const graph = this.#graphOf(run);
    if (journey === undefined || graph === undefined)
      throw new Error(`run ${run.id} is on version ${run.version} of its journey, which was not loaded`);
    const input = { ...cause, now: this.#world.now, facts: this.#factsOf(journey, graph, run.key) } as RunInput;
    const turn = step(graph, run, input);
    if (turn.run === run) return run;
    this.#runs.set(run.id, turn.run);
    (run.state === 'new' ? this.created : this.changed).add(run.id);
    this.#count(graph, run, turn.run);
    for (const effect of turn.effects) this.outcomes.push({ run: turn.run, journey, effect, node: run.node ?? node });
    return turn.run;
  }

  #count(graph: CompiledGraph, before: JourneyRun, after: JourneyRun): void {
    const n = (this.#section.n ?? 0) + countLive(after) - countLive(before);
    if (n !== (this.#section.n ?? 0)) this.#section = { ...this.#section, n };
    if (graph.source.key !== undefined || (before.state !== 'new' && before.endedAt === after.endedAt)) return;
    const [enteredAt, endedAt] = this.#section.e?.[after.journeyId] ?? [after.enteredAt, 0];
    const latest = [Math.max(enteredAt, after.enteredAt), Math.max(endedAt, after.endedAt ?? 0)] as const;
    this.#section = { ...this.#section, e: { ...this.#section.e, [after.journeyId]: latest } };
  }

  #factsOf(journey: LiveJourney, graph: CompiledGraph, key: string): Facts {
    return {
      isHeld: journey.state === 'paused',
      segments: graph.segments.filter((segmentId) => this.#world.isMember(segmentId)),
      traits: graph.usesTraits ? this.#world.traits : {},
      recalled: recall(this.#section, graph, key),
    };
  }

  #graphOf(run: JourneyRun): CompiledGraph | undefined {
    return this.#world.live.byId.get(run.journeyId)?.graphs.get(run.version);
  }
}

function countLive(run: JourneyRun): number {
  return run.state === 'waiting' || run.state === 'watching' ? 1 : 0;
}

function byAge(a: JourneyRun, b: JourneyRun): number {
  return a.enteredAt - b.enteredAt || (a.id < b.id ? -1 : 1);
}

function newRun({
  id,
  journey,
  profileId,
  key,
  node,
}: {
  id: string;
  journey: LiveJourney;
  profileId: string;
  key: string;
  node: NodeRef | undefined;
}): JourneyRun {
  return {
    id,
    journeyId: journey.id,
    version: journey.version,
    profileId,
    key,
    state: 'new',
    stepId: null,
    atMs: 0,
    wakeAt: null,
    enteredAt: 0,
    endedAt: null,
    reason: null,
    goalAt: null,
    properties: {},
    path: [],
    node: node ?? null,
  };
}
