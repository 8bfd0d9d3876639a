import type { ComputedTraitRule } from '@segue/contract';

import type { Json } from '../../platform/json.ts';
import { type BlindIndex, eventSource, UNBOUNDED } from './event-source.ts';
import { type Leaf, leafOf } from './leaf.ts';
import { aggregateValue } from './leaves/aggregate.ts';
import type { LeafState } from './leaves/leaf-kind.ts';
import { isInPeriod, pickedAt, type PickPeriod } from './leaves/pick.ts';
import { absoluteBounds, windowOf, windowReachMs, type ZoneChoice } from './window.ts';

const DAY_MS = 86_400_000;

/** A computed trait, ready to read. Its value comes from the state of one leaf alone. */
export interface CompiledComputed {
  readonly rule: ComputedTraitRule;
  readonly leaf: Leaf;
  readonly period: PickPeriod;
  /** The zone of its calendar window; undefined: it has none. */
  readonly zone: ZoneChoice | undefined;
}

/**
 * Compiles a computed trait that has passed its schema. `first`, `last` and `daysSince` are of the first or last such event
 * ever: their period is a condition on that one event's time, outside of which there is no value.
 */
export function compileComputed(
  rule: ComputedTraitRule,
  env: { readonly index?: BlindIndex | undefined; readonly zone: string },
): CompiledComputed {
  const window = windowOf(rule, env.zone);
  const bounds = absoluteBounds(rule);
  const isPick = rule.function === 'first' || rule.function === 'last' || rule.function === 'daysSince';
  const source = eventSource(rule, isPick ? UNBOUNDED : bounds, env);
  const property = rule.property === undefined ? {} : { property: rule.property };
  const leaf =
    rule.function === 'first' || rule.function === 'last' || rule.function === 'daysSince'
      ? leafOf({ kind: 'pick', which: rule.function === 'first' ? 'first' : 'last', source, having: [], ...property })
      : leafOf({ kind: 'aggregate', source, function: rule.function, ...property, windowMs: windowReachMs(window) });
  const zone = window.kind === 'calendar' ? window.zone : undefined;
  return { rule, leaf, period: { window, ...bounds }, zone };
}

export interface ComputedValue {
  /** `undefined`: it has none. */
  readonly value: Json | undefined;
  /** The first later instant at which time alone may change it; null when it never does. May be early, never late. */
  readonly nextChangeAtMs: number | null;
}

/**
 * What a computed trait is at `nowMs`, from the profile's state of its leaf (`states[computed.leaf.key]`). `customerZone` is
 * asked only where the rule's calendar is the customer's.
 */
export function computedValue(
  computed: CompiledComputed,
  state: LeafState | undefined,
  { nowMs, customerZone }: { readonly nowMs: number; readonly customerZone: () => string },
): ComputedValue {
  const { rule, period, zone: choice } = computed;
  const zone = choice === undefined ? 'UTC' : choice.isCustomers ? customerZone() : choice.name;
  const { value, nextMs } =
    computed.leaf.plan.kind === 'aggregate'
      ? aggregateValue(state, { function: computed.leaf.plan.function, window: period.window, zone }, nowMs)
      : pickedValue(state, { period, isDays: rule.function === 'daysSince' }, { zone, nowMs });
  return { value, nextChangeAtMs: Number.isFinite(nextMs) ? nextMs : null };
}

function pickedValue(
  state: LeafState | undefined,
  { period, isDays }: { readonly period: PickPeriod; readonly isDays: boolean },
  when: { readonly zone: string; readonly nowMs: number },
): { value: Json | undefined; nextMs: number } {
  const { picked, nextMs } = pickedAt(state, when.nowMs);
  if (picked === undefined) return { value: undefined, nextMs };
  const [atMs, said] = picked;
  const inPeriod = isInPeriod(atMs, period, when);
  const changesMs = Math.min(nextMs, inPeriod.nextMs);
  if (!inPeriod.holds) return { value: undefined, nextMs: changesMs };
  if (!isDays)
    return {
      value: typeof said !== 'string' || said === '' ? undefined : (JSON.parse(said) as Json),
      nextMs: changesMs,
    };
  const days = Math.floor((when.nowMs - atMs) / DAY_MS);
  return { value: days, nextMs: Math.min(changesMs, atMs + (days + 1) * DAY_MS) };
}
