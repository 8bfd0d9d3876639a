import type { RunReason } from '@segue/contract';

import type { JsonObject } from '../../platform/json.ts';
import { durationMs, evaluateRule, pathSteps, valueAt } from '../segments/index.ts';
import {
  concerns,
  hears,
  keepProperties,
  keyOf,
  type CompiledCondition,
  type CompiledGraph,
  type CompiledStep,
  type Listener,
  type WaitStep,
} from './graph.ts';
import { promotedBy } from './promoted-products.ts';
import type {
  Facts,
  HeardEvent,
  InputKind,
  InputOf,
  JourneyRun,
  Move,
  RunEffect,
  RunInput,
  RunState,
  SendEffect,
  Turn,
} from './types.ts';

export type Transition = 'enter' | 'hear' | 'wake' | 'stop' | 'join' | 'listen' | 'close' | 'ignore';

/** What an input means in each state. Printed in the README. */
export const TRANSITIONS: Record<RunState, Record<InputKind, Transition>> = {
  new: {
    entered: 'enter',
    event: 'ignore',
    segmentChanged: 'ignore',
    woke: 'ignore',
    stopped: 'ignore',
    merged: 'ignore',
  },
  waiting: { entered: 'ignore', event: 'hear', segmentChanged: 'hear', woke: 'wake', stopped: 'stop', merged: 'join' },
  watching: {
    entered: 'ignore',
    event: 'listen',
    segmentChanged: 'listen',
    woke: 'close',
    stopped: 'stop',
    merged: 'join',
  },
  ended: {
    entered: 'ignore',
    event: 'ignore',
    segmentChanged: 'ignore',
    woke: 'ignore',
    stopped: 'ignore',
    merged: 'ignore',
  },
};

/**
 * The engine: one input moves a run to where it next waits, watches or ends. Pure and total; the same inputs give the
 * same path, and a cause that was used up moves nothing again.
 */
export function step(graph: CompiledGraph, run: JourneyRun, input: RunInput): Turn {
  const transition = TRANSITIONS[run.state][input.kind];
  switch (input.kind) {
    case 'entered':
      return transition === 'enter' ? enter(graph, run, input) : unmoved(run);
    case 'event':
    case 'segmentChanged':
      if (transition === 'hear') return hear(graph, run, input);
      return transition === 'listen' ? stopAt(run, findStop(graph, run, input.event)) : unmoved(run);
    case 'woke':
      if (transition === 'wake') return wake(graph, run, input);
      return transition === 'close' ? close(run, input) : unmoved(run);
    case 'stopped':
      return transition === 'stop' ? end(run, { reason: input.reason, atMs: input.now }) : unmoved(run);
    case 'merged':
      return transition === 'join' ? join(graph, run, input) : unmoved(run);
  }
}

function unmoved(run: JourneyRun): Turn {
  return { run, effects: [] };
}

function enter(graph: CompiledGraph, run: JourneyRun, { event, key, facts, now }: InputOf<'entered'>): Turn {
  const atMs = event.occurredAt;
  const entered: JourneyRun = {
    ...run,
    state: 'waiting',
    key,
    atMs,
    enteredAt: atMs,
    properties: keepProperties(graph.keptProperties, event.payload.properties),
  };
  const told: RunEffect = { kind: 'emit', name: 'Journey Entered', occurredAt: atMs, reason: null };
  const stop = findRecalledStop(graph, entered, facts);
  const cause = eventCause(event);
  const turn =
    stop === undefined
      ? advance(graph, entered, { next: graph.source.start, atMs, cause, facts, now })
      : stopAt(entered, stop);
  return { run: turn.run, effects: [told, ...turn.effects] };
}

function hear(graph: CompiledGraph, run: JourneyRun, { event, facts, now }: InputOf<'event' | 'segmentChanged'>): Turn {
  if (isUsedUp(run, event)) return unmoved(run);
  const stop = findStop(graph, run, event);
  if (stop !== undefined) return stopAt(run, stop);
  const at = run.stepId === null ? undefined : graph.steps.get(run.stepId);
  if (at?.kind !== 'waitForEvent' || event.occurredAt < run.atMs || event.occurredAt >= (run.wakeAt ?? 0))
    return unmoved(run);
  const found = at.listeners.findIndex(
    (listener) => hears(listener, event) && concerns(listener, keyOf(event, listener.keySteps), run.key),
  );
  if (found === -1) return unmoved(run);
  return advance(graph, run, {
    next: at.events[found]?.next,
    atMs: event.occurredAt,
    cause: eventCause(event),
    facts,
    now,
  });
}

function wake(graph: CompiledGraph, run: JourneyRun, { wakeAt, facts, now }: InputOf<'woke'>): Turn {
  const at = run.stepId === null ? undefined : graph.steps.get(run.stepId);
  if (run.wakeAt !== wakeAt || now < wakeAt || facts.isHeld) return unmoved(run);
  const onward = { atMs: wakeAt, cause: `wake/${wakeAt}`, facts, now };
  if (at?.kind === 'waitForEvent') return advance(graph, run, { ...onward, next: at.onTimeout });
  if (at?.kind === 'delay') return advance(graph, run, { ...onward, next: at.next });
  if (at?.kind !== 'send') return end(run, { reason: 'completed', atMs: wakeAt });
  const sent = sendOf(run, at);
  const turn = advance(graph, run, { ...onward, next: at.next });
  return { run: turn.run, effects: [sent, ...turn.effects] };
}

/** The time in which a goal could still come is over. */
function close(run: JourneyRun, { wakeAt, now }: InputOf<'woke'>): Turn {
  if (run.wakeAt !== wakeAt || now < wakeAt) return unmoved(run);
  return { run: { ...run, state: 'ended', wakeAt: null }, effects: [] };
}

function join(graph: CompiledGraph, run: JourneyRun, { into, isKept, facts, now }: InputOf<'merged'>): Turn {
  const moved = { ...run, profileId: into };
  if (!isKept) return end(moved, { reason: 'merged', atMs: now });
  const stop = findRecalledStop(graph, moved, facts);
  if (stop !== undefined) return stopAt(moved, stop);
  const at = moved.stepId === null ? undefined : graph.steps.get(moved.stepId);
  const found = at?.kind === 'waitForEvent' ? findRecalledEvent(at, moved, facts) : undefined;
  return found === undefined ? unmoved(moved) : advance(graph, moved, { ...found, facts, now });
}

interface Stop {
  readonly reason: 'goal' | 'exit_condition';
  readonly atMs: number;
}

/** What of an event ends the run at once, wherever it stands. */
function findStop(graph: CompiledGraph, run: JourneyRun, event: HeardEvent): Stop | undefined {
  const stops = (listener: Listener): boolean =>
    (listener.tie === 'never' ? event.occurredAt > run.enteredAt : event.occurredAt >= run.enteredAt) &&
    !isAfterWatch(run, event.occurredAt) &&
    hears(listener, event) &&
    concerns(listener, keyOf(event, listener.keySteps), run.key);
  if (graph.goal !== undefined && stops(graph.goal)) return { reason: 'goal', atMs: event.occurredAt };
  return graph.exits.some(stops) ? { reason: 'exit_condition', atMs: event.occurredAt } : undefined;
}

/** As `findStop`, of what was processed before the run could hear it but happened after the run's entry. */
function findRecalledStop(graph: CompiledGraph, run: JourneyRun, facts: Facts): Stop | undefined {
  const recalled = (listener: Listener): number | undefined => {
    const atMs = facts.recalled[listener.slot];
    if (atMs === undefined || isAfterWatch(run, atMs)) return undefined;
    return (listener.tie === 'counts' ? atMs >= run.enteredAt : atMs > run.enteredAt) ? atMs : undefined;
  };
  const goalAt = graph.goal === undefined ? undefined : recalled(graph.goal);
  if (goalAt !== undefined) return { reason: 'goal', atMs: goalAt };
  const exitAt = graph.exits.map(recalled).find((atMs) => atMs !== undefined);
  return exitAt === undefined ? undefined : { reason: 'exit_condition', atMs: exitAt };
}

function isAfterWatch(run: JourneyRun, atMs: number): boolean {
  return run.state === 'watching' && run.wakeAt !== null && atMs >= run.wakeAt;
}

function stopAt(run: JourneyRun, stop: Stop | undefined): Turn {
  if (stop === undefined) return unmoved(run);
  const turn = end(run, stop);
  return stop.reason === 'goal' ? { ...turn, run: { ...turn.run, goalAt: stop.atMs } } : turn;
}

/** Its path's end was told already when it began to watch: it is told once. */
function end(run: JourneyRun, { reason, atMs }: { reason: RunReason; atMs: number }): Turn {
  const endedAt = run.state === 'watching' ? run.endedAt : atMs;
  const ended: JourneyRun = { ...run, state: 'ended', stepId: null, wakeAt: null, endedAt, reason };
  return {
    run: ended,
    effects: run.state === 'watching' ? [] : [{ kind: 'emit', name: 'Journey Exited', occurredAt: atMs, reason }],
  };
}

interface Onward {
  readonly next: string | undefined;
  readonly atMs: number;
  readonly cause: string;
  readonly facts: Facts;
  readonly now: number;
}

/** Goes on from step to step until one waits or the path ends. One cause pays for the first arrival only. */
function advance(graph: CompiledGraph, from: JourneyRun, onward: Onward): Turn {
  const effects: RunEffect[] = [];
  let run = from;
  let { next, atMs, cause } = onward;
  // A graph without loops ends sooner; a loop that slipped through must not hang the lane.
  for (let moves = 0; moves <= graph.steps.size; moves++) {
    const at = next === undefined ? undefined : graph.steps.get(next);
    if (at === undefined) break;
    run = arrive(run, [at.id, atMs, cause]);
    const passage = pass(at, run, onward);
    if (passage.kind === 'wait') {
      return {
        run: { ...run, wakeAt: passage.wakeAt },
        effects: [...effects, { kind: 'wait', wakeAt: passage.wakeAt }],
      };
    }
    if (passage.send !== undefined) effects.push(passage.send);
    next = passage.next;
    atMs = passage.atMs;
    cause = passage.cause;
  }
  const finished = finish(graph, run, atMs);
  return { run: finished.run, effects: [...effects, ...finished.effects] };
}

function arrive(run: JourneyRun, move: Move): JourneyRun {
  return { ...run, stepId: move[0], atMs: move[1], wakeAt: null, path: [...run.path, move] };
}

interface Go {
  readonly kind: 'go';
  readonly next: string | undefined;
  readonly atMs: number;
  readonly cause: string;
  readonly send?: SendEffect;
}
type Passage = Go | { readonly kind: 'wait'; readonly wakeAt: number };

function pass(at: CompiledStep, run: JourneyRun, { facts, now }: Onward): Passage {
  const go = { kind: 'go', atMs: run.atMs, cause: '' } as const;
  switch (at.kind) {
    case 'delay':
      return { kind: 'wait', wakeAt: run.atMs + durationMs(at.duration) };
    case 'waitForEvent':
      return findRecalledEvent(at, run, facts) ?? { kind: 'wait', wakeAt: run.atMs + durationMs(at.timeout) };
    case 'branch': {
      const taken = at.conditions.findIndex((all) => all.every((condition) => holds(condition, run, { facts, now })));
      return { ...go, next: taken === -1 ? at.otherwise : at.branches[taken]?.next };
    }
    case 'send':
      return facts.isHeld ? { kind: 'wait', wakeAt: run.atMs } : { ...go, next: at.next, send: sendOf(run, at) };
    case 'exit':
      return { ...go, next: undefined };
  }
}

/**
 * An event that came after the run's arrival by its own time but was processed before. Strictly after: the cause of the
 * arrival itself is remembered too, and must not move the run twice.
 */
function findRecalledEvent(at: WaitStep, run: JourneyRun, facts: Facts): Go | undefined {
  const untilMs = run.atMs + durationMs(at.timeout);
  for (const [index, listener] of at.listeners.entries()) {
    const atMs = facts.recalled[listener.slot];
    if (atMs === undefined || atMs <= run.atMs || atMs >= untilMs) continue;
    return { kind: 'go', next: at.events[index]?.next, atMs, cause: `recalled/${atMs}` };
  }
  return undefined;
}

function holds(condition: CompiledCondition, run: JourneyRun, { facts, now }: { facts: Facts; now: number }): boolean {
  if (condition.of === 'segment') return facts.segments.includes(condition.segment) === condition.member;
  const values = condition.of === 'traits' ? facts.traits : run.properties;
  return evaluateRule(condition.rule, { traits: { get: (steps) => valueAt(values, steps) }, leaves: {} }, now).holds;
}

/** A run visits each of its steps in turn, so the number of the arrival names the visit. Counted from 1. */
export function intentKeyOf(runId: string, stepId: string, arrival: number): string {
  return `${runId}:${stepId}:${arrival}`;
}

function sendOf(run: JourneyRun, at: Extract<CompiledStep, { kind: 'send' }>): SendEffect {
  const variables: JsonObject = {};
  for (const [name, source] of Object.entries(at.variables ?? {})) {
    const value = 'value' in source ? source.value : valueAt(run.properties, pathSteps(source.property));
    if (value !== undefined) variables[name] = value;
  }
  const { id: stepId, channel, topic, template } = at;
  return {
    kind: 'send',
    intentKey: intentKeyOf(run.id, stepId, run.path.length),
    stepId,
    channel,
    topic,
    templateId: template,
    variables,
    products: promotedBy(at, run.properties),
  };
}

/** A message of the run may still wait for the gate, and the goal may still come: then it goes on watching. */
function finish(graph: CompiledGraph, run: JourneyRun, atMs: number): Turn {
  const turn = end(run, { reason: 'completed', atMs });
  const hasSent = run.path.some(([stepId]) => graph.steps.get(stepId)?.kind === 'send');
  if (!hasSent || graph.watchMs === 0) return turn;
  const wakeAt = atMs + graph.watchMs;
  return { run: { ...turn.run, state: 'watching', wakeAt }, effects: [...turn.effects, { kind: 'wait', wakeAt }] };
}

function eventCause(event: HeardEvent): string {
  return `${event.log}/${event.lane}/${event.seq}`;
}

/** A lane is read in order, so whatever is not beyond the last cause taken from it was read before. */
function isUsedUp(run: JourneyRun, event: HeardEvent): boolean {
  const lane = `${event.log}/${event.lane}/`;
  return run.path.some(([, , cause]) => cause.startsWith(lane) && Number(cause.slice(lane.length)) >= event.seq);
}
