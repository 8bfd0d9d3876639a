import {
  ALERT_EVENTS,
  type JourneyCondition,
  type JourneyExit,
  type JourneyGraph,
  type JourneyStep,
  type Path,
  type TraitLeaf,
} from '@segue/contract';

import type { Json, JsonObject } from '../../platform/json.ts';
import {
  compileRule,
  durationMs,
  passesOf,
  pathSteps,
  valueAt,
  type CompiledRule,
  type RuleEvent,
} from '../segments/index.ts';
import { PRODUCT_PROPERTIES } from './promoted-products.ts';
import type { HeardEvent } from './types.ts';

const KEY_LENGTH_MAX = 200;
const ENTER_WITHIN_MS = 86_400_000;
const ALERT_NAMES: ReadonlySet<string> = new Set(Object.values(ALERT_EVENTS));
const ALERT_PROPERTIES = ['alert_type', 'variant_id'];
const WATCH_MS = 7 * 86_400_000;

export type ListenerRole = 'entry' | 'goal' | 'exit' | 'wait';

/** Something a graph reacts to: which events, and which runs they concern. */
export interface Listener {
  /** What is listened to, filters and key path included; equal in every journey that listens to the same. */
  readonly slot: string;
  readonly role: ListenerRole;
  /** Events of these types and this name (undefined: any) are offered. */
  readonly types: readonly string[];
  readonly name: string | undefined;
  passes(event: RuleEvent): boolean;
  readonly keySteps: readonly string[] | undefined;
  /** Whether an event that carries no key concerns no run, instead of every run of the profile. */
  readonly isKeyNeeded: boolean;
  /** What an event at the very instant it must follow is worth. */
  readonly tie: Tie;
}

/**
 * `counts`: an event of the same instant counts. `never`: it may be the entry event itself, because once only times are
 * remembered two events are told apart by time alone. `live`: it counts when heard, not when remembered, because its log
 * keeps the order and what is remembered came before.
 */
export type Tie = 'counts' | 'live' | 'never';

/** A branch's condition, ready to test. */
export type CompiledCondition =
  | { readonly of: 'segment'; readonly segment: string; readonly member: boolean }
  | { readonly of: 'traits' | 'properties'; readonly rule: CompiledRule };

type StepOf<K extends JourneyStep['kind']> = Extract<JourneyStep, { kind: K }>;
export type WaitStep = StepOf<'waitForEvent'> & { readonly listeners: readonly Listener[] };
export type BranchStep = StepOf<'branch'> & { readonly conditions: readonly (readonly CompiledCondition[])[] };
export type CompiledStep = StepOf<'delay' | 'send' | 'exit'> | WaitStep | BranchStep;

/** A published version's graph, ready to run. */
export interface CompiledGraph {
  readonly source: JourneyGraph;
  readonly entry: Listener;
  readonly goal: Listener | undefined;
  readonly exits: readonly Listener[];
  readonly steps: ReadonlyMap<string, CompiledStep>;
  /** Goal, exits and waits. */
  readonly listeners: readonly Listener[];
  readonly enterWithinMs: number;
  /** How long goal and exits count after the path has ended; 0 when there is nothing to listen to. */
  readonly watchMs: number;
  /** Public ids of the segments its branches ask about. */
  readonly segments: readonly string[];
  readonly usesTraits: boolean;
  /** The entry event's properties a run keeps. */
  readonly keptProperties: readonly string[];
}

/** Compiles a graph in which `findGraphFaults` finds nothing. */
export function compileGraph(source: JourneyGraph): CompiledGraph {
  const listener = createListeners(source);
  const goal = source.goal === undefined ? undefined : listener({ kind: 'event', ...source.goal }, 'goal');
  const exits = (source.exits ?? []).map((exit) => listener(exit, 'exit'));
  const steps = new Map<string, CompiledStep>();
  for (const step of source.steps)
    steps.set(
      step.id,
      compileStep(step, (event) => listener({ kind: 'event', ...event }, 'wait')),
    );
  const waits = [...steps.values()].flatMap((step) => (step.kind === 'waitForEvent' ? step.listeners : []));
  const stops = goal === undefined ? exits : [goal, ...exits];
  return {
    source,
    entry: listener(source.entry, 'entry'),
    goal,
    exits,
    steps,
    listeners: [...stops, ...waits],
    enterWithinMs: source.enterWithin === undefined ? ENTER_WITHIN_MS : durationMs(source.enterWithin),
    watchMs: stops.length === 0 ? 0 : source.goal?.within === undefined ? WATCH_MS : durationMs(source.goal.within),
    ...readNeeds(source),
  };
}

function compileStep(
  step: JourneyStep,
  listenTo: (event: StepOf<'waitForEvent'>['events'][number]) => Listener,
): CompiledStep {
  if (step.kind === 'waitForEvent') return { ...step, listeners: step.events.map(listenTo) };
  if (step.kind === 'branch')
    return { ...step, conditions: step.branches.map((branch) => branch.when.map(compileCondition)) };
  return step;
}

function compileCondition(condition: JourneyCondition): CompiledCondition {
  if ('segment' in condition) return { of: 'segment', ...condition };
  if ('trait' in condition) return { of: 'traits', rule: compileRule(condition) };
  // A filter on a property asks what a trait's condition asks, of other values.
  const { property, ...asked } = condition;
  return { of: 'properties', rule: compileRule({ ...asked, trait: property } as TraitLeaf) };
}

function createListeners(source: JourneyGraph): (listened: JourneyExit, role: ListenerRole) => Listener {
  const entryName = source.entry.kind === 'event' ? selectorOf(source.entry.event).name : undefined;
  return (listened, role) => {
    if (listened.kind !== 'event') return segmentListener(listened, role);
    const { types, name } = selectorOf(listened.event);
    const keyPath = role === 'entry' ? source.key : (listened.key ?? source.key);
    const keySteps = keyPath === undefined || source.key === undefined ? undefined : pathSteps(keyPath);
    const { counted, passes } = compileSelector(listened);
    return {
      slot: `${counted.key}${types.length > 1 ? '+' : ''}${keySteps === undefined ? '' : `@${JSON.stringify(keySteps)}`}`,
      role,
      types,
      name,
      passes,
      keySteps,
      isKeyNeeded: role === 'entry' || (role === 'wait' && listened.key !== undefined),
      tie: name === undefined || name === entryName ? 'never' : 'counts',
    };
  };
}

function compileSelector({ event, where }: Extract<JourneyExit, { kind: 'event' }>) {
  const { leaves } = compileRule(where === undefined ? { event } : { event, where });
  const [counted] = leaves.values();
  if (counted === undefined) throw new Error('an event leaf counts nothing');
  return { counted, passes: passesOf(counted) };
}

/** A plain name means what a customer did, told by the shop or by Segue itself ("Email Link Clicked"). */
function selectorOf(event: Extract<JourneyExit, { kind: 'event' }>['event']): {
  types: readonly string[];
  name: string | undefined;
} {
  return typeof event === 'string'
    ? { types: ['track', 'internal'], name: event }
    : { types: [event.type], name: event.name };
}

const SEGMENT_EVENTS = { segmentEntered: 'Segment Entered', segmentLeft: 'Segment Left' } as const;

function segmentListener(listened: Exclude<JourneyExit, { kind: 'event' }>, role: ListenerRole): Listener {
  return {
    slot: `${listened.kind === 'segmentEntered' ? 'in' : 'out'}.${listened.segment}`,
    role,
    types: ['internal'],
    name: SEGMENT_EVENTS[listened.kind],
    passes: (event) => event.payload.properties?.['segment_id'] === listened.segment,
    keySteps: undefined,
    isKeyNeeded: false,
    tie: 'live',
  };
}

function readNeeds(source: JourneyGraph): Pick<CompiledGraph, 'segments' | 'usesTraits' | 'keptProperties'> {
  const segments = new Set<string>();
  const kept = new Set<string>();
  const keep = (path: Path): unknown => kept.add(pathSteps(path)[0] ?? '');
  const { entry } = source;
  const isOfAlert = entry.kind === 'event' && typeof entry.event === 'string' && ALERT_NAMES.has(entry.event);
  // What an alert said is asked again before a message says it.
  if (isOfAlert) for (const name of ALERT_PROPERTIES) kept.add(name);
  let usesTraits = false;
  for (const step of source.steps) {
    const variables = step.kind === 'send' ? Object.values(step.variables ?? {}) : [];
    for (const variable of variables) if ('property' in variable) keep(variable.property);
    if (step.kind === 'send' && step.products === 'event') for (const name of PRODUCT_PROPERTIES) kept.add(name);
    if (step.kind !== 'branch') continue;
    for (const condition of step.branches.flatMap((branch) => branch.when)) {
      if ('segment' in condition) segments.add(condition.segment);
      else if ('trait' in condition) usesTraits = true;
      else keep(condition.property);
    }
  }
  return { segments: [...segments], usesTraits, keptProperties: [...kept] };
}

/** Whether the listener is about this event at all, whichever run it concerns. */
export function hears(listener: Listener, event: HeardEvent): boolean {
  return (
    listener.types.includes(event.type) &&
    (listener.name === undefined || listener.name === event.name) &&
    listener.passes(event)
  );
}

/** The key an event names: a text or number at the path. Without one it names none. */
export function keyOf(event: HeardEvent, keySteps: readonly string[] | undefined): string {
  if (keySteps === undefined) return '';
  const value: Json | undefined = valueAt(event.payload.properties, keySteps);
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = storableText(String(value));
  return text.length > KEY_LENGTH_MAX ? '' : text;
}

/** Whether a heard event of key `named` is about a run of key `key`. */
export function concerns(listener: Listener, named: string, key: string): boolean {
  return named === '' ? !listener.isKeyNeeded || key === '' : named === key;
}

/** Text as Postgres can hold it: no NUL, no lone surrogate. */
export function storableText(text: string): string {
  return Buffer.from(text.replaceAll('\0', ''), 'utf8').toString('utf8');
}

/** Properties as Postgres can hold them, of the names a run keeps. */
export function keepProperties(names: readonly string[], properties: JsonObject | undefined): JsonObject {
  const kept: JsonObject = {};
  for (const name of names) {
    const value = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (value !== undefined) kept[name] = storable(value);
  }
  return kept;
}

function storable(value: Json): Json {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storableText(name), storable(inner)]));
}
