import { createHash } from 'node:crypto';

import type { EventCount, EventFilter, EventLeaf, Scalar } from '@segue/contract';

import { compileCondition, ruleInstant } from './condition.ts';
import { pathSteps, valueAt } from './path.ts';
import type { RuleEvent } from './rule-input.ts';

/**
 * Capacities a leaf can have. Rounding up lets rules with different thresholds share one state, and a state on disk never
 * turns out too short for a new rule of the same key.
 */
const CAPACITIES = [4, 16, 64, 256, 1024] as const;

/** What is counted for one event leaf, shared by every leaf that counts the same. */
export interface CountedEvents {
  /** Stable name of the state: what is counted and how much is remembered, not threshold or window. */
  readonly key: string;
  /** How many of the newest times that have come are remembered. */
  readonly capacity: number;
  readonly type: string;
  /** `undefined`: any name. */
  readonly name: string | undefined;
  readonly filters: readonly EventFilter[];
  /** Of each filter: the hashes by which a sealed property passes it; undefined: what it asks for is never sealed. */
  readonly blind: readonly (readonly string[] | undefined)[];
  /** Only times in [fromMs, untilMs) count. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** The filters alone; type, name and period are the caller's. */
  passes(event: RuleEvent): boolean;
}

/** The hashes of a sealed property that equals one of these; undefined where such a value is never sealed. */
export type BlindIndex = (property: string, values: readonly Scalar[]) => readonly string[] | undefined;

/** Plans what an event leaf counts and how it is remembered. Without an index sealed properties equal nothing. */
export function countedEvents(leaf: EventLeaf, index?: BlindIndex): CountedEvents {
  const selector = typeof leaf.event === 'string' ? { type: 'track', name: leaf.event } : leaf.event;
  const filters = leaf.where ?? [];
  const blind = filters.map((filter) => (index === undefined ? undefined : blindOf(filter, index)));
  const fromMs = leaf.after === undefined ? Number.NEGATIVE_INFINITY : ruleInstant(leaf.after);
  const untilMs = leaf.before === undefined ? Number.POSITIVE_INFINITY : ruleInstant(leaf.before);
  const capacity = capacityFor(leaf.count);
  const meaning = JSON.stringify([
    selector.type,
    selector.name ?? null,
    filters.map(meaningOf).sort(),
    String(fromMs),
    String(untilMs),
  ]);
  return {
    key: leafKey(capacity, meaning),
    capacity,
    type: selector.type,
    name: selector.name,
    filters,
    fromMs,
    untilMs,
    blind,
    passes: compileFilters(filters, blind),
  };
}

/** The tag `n` (newest times) and the capacity lead, so a state can be merged without its rule. */
function leafKey(capacity: number, meaning: string): string {
  return `n${capacity}.${createHash('sha256').update(meaning).digest('base64url').slice(0, 12)}`;
}

/** The capacity a leaf key promises; `undefined` when the state is not of newest times. */
export function capacityOfKey(key: string): number | undefined {
  const match = /^n(\d+)\./.exec(key);
  return match === null ? undefined : Number(match[1]);
}

/** n + 1 times tell "n" from "more than n". */
function capacityFor(count: EventCount | undefined): number {
  const threshold = Math.max(1, ...Object.values(count ?? {}).map((times) => times ?? 0));
  return CAPACITIES.find((capacity) => capacity > threshold) ?? CAPACITIES[CAPACITIES.length - 1]!;
}

function meaningOf(filter: EventFilter): string {
  const value = 'value' in filter ? filter.value : null;
  const isInstant = filter.op === 'before' || filter.op === 'after';
  return JSON.stringify([pathSteps(filter.property), filter.op, isInstant ? ruleInstant(filter.value) : value]);
}

/** What is sealed can be compared only whole, and only where the topmost level says so. */
function blindOf(filter: EventFilter, index: BlindIndex): readonly string[] | undefined {
  const [property, ...deeper] = pathSteps(filter.property);
  if (property === undefined || deeper.length > 0) return undefined;
  switch (filter.op) {
    case 'equals':
    case 'notEquals':
      return index(property, [filter.value]);
    case 'in':
    case 'notIn':
      return index(property, filter.value);
    default:
      return undefined;
  }
}

/** Whether a filter holds where its value is not the one it names. */
export function isNegative({ op }: EventFilter): boolean {
  return op === 'notEquals' || op === 'notIn';
}

function compileFilters(filters: readonly EventFilter[], blind: CountedEvents['blind']): (event: RuleEvent) => boolean {
  const tests = filters.map((filter, at) => {
    const steps = pathSteps(filter.property);
    const test = compileCondition(filter);
    const sought = blind[at];
    if (sought === undefined) return (event: RuleEvent): boolean => test(valueAt(event.payload.properties, steps));
    const isHit = compileHit(steps[0]!, sought);
    const isAway = isNegative(filter);
    return (event: RuleEvent): boolean => {
      const holds = test(valueAt(event.payload.properties, steps));
      return isAway ? holds && !isHit(event) : holds || isHit(event);
    };
  });
  const [only] = tests;
  if (only === undefined) return () => true;
  return tests.length === 1 ? only : (event) => tests.every((test) => test(event));
}

function compileHit(property: string, sought: readonly string[]): (event: RuleEvent) => boolean {
  const hashes = new Set(sought);
  return ({ payload: { blind } }) =>
    blind !== undefined && Object.hasOwn(blind, property) && blind[property]!.some((hash) => hashes.has(hash));
}

/** Whether a count satisfies the leaf. Without a count: at least once. */
export function compileCount(count: EventCount | undefined): (times: number) => boolean {
  const { atLeast, atMost, exactly, moreThan, lessThan } = count ?? { atLeast: 1 };
  if (atLeast !== undefined) return (times) => times >= atLeast;
  if (atMost !== undefined) return (times) => times <= atMost;
  if (exactly !== undefined) return (times) => times === exactly;
  if (moreThan !== undefined) return (times) => times > moreThan;
  return (times) => times < (lessThan ?? 0);
}
