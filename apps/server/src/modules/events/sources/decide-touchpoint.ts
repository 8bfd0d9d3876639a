import { ecommerceNameOf, readEcommerceEvent } from '@segue/contract';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { hasVanished, type ObservedState } from './observed-state.ts';
import { isSilent, type Rhythm, rhythmOf } from './rhythm.ts';
import type { JsonType } from './shape-tree.ts';
import type { TouchpointDefinition } from './touchpoint.data.ts';

const DAY_MS = 86_400_000;
/** Fewer events than this do not say what a kind of event always lacks. */
const EVENTS_TO_JUDGE = 5;

/** When one kind of event came. */
export interface Sighting {
  readonly source: number;
  readonly type: string;
  readonly name: string;
  readonly lastAt: number;
  /** In the last 28 days. */
  readonly count: number;
  /** Hours since the epoch, rising. */
  readonly hours: readonly number[];
}

/** What was refused of one kind of event in the last day. */
export interface RefusedKind {
  readonly source: number;
  readonly type: string;
  readonly name: string;
  readonly field: string;
  readonly reason: string;
  readonly count: number;
}

/** What one kind of event was seen with. */
export interface KnownKind {
  readonly source: number;
  readonly type: string;
  readonly name: string;
  readonly lastAt: number;
  readonly state: ObservedState;
}

export interface TouchpointInput {
  readonly sightings: readonly Sighting[];
  readonly refused: readonly RefusedKind[];
  readonly known: readonly KnownKind[];
}

export interface TouchpointFault {
  readonly source: number;
  readonly name: string;
  readonly field: string;
  readonly remedy: string;
}

export interface DecidedTouchpoint {
  readonly state: 'tracked' | 'silent' | 'broken' | 'absent';
  readonly reason: string;
  readonly evidence: readonly (Sighting & { readonly rhythm: Rhythm })[];
  readonly faults: readonly TouchpointFault[];
}

/**
 * Whether a touchpoint's events arrive, and as they should. Broken before silent: what is refused is often why nothing
 * comes. Its rhythm is that of all its events and sources together: one that goes on is enough to track it. Pure.
 */
export function decideTouchpoint(
  touchpoint: TouchpointDefinition,
  input: TouchpointInput,
  nowMs: number,
): DecidedTouchpoint {
  const isOf = (kind: { type: string; name: string }) =>
    touchpoint.events.some(({ type, name }) => type === kind.type && (name === '' || name === kind.name));
  const evidence = input.sightings.filter(isOf).map((sighting) => ({ ...sighting, rhythm: rhythmOf(sighting.hours) }));
  const faults = [
    ...input.refused.filter(isOf).map(refusal),
    ...input.known
      .filter((kind) => isOf(kind) && kind.lastAt >= nowMs - DAY_MS)
      .flatMap((kind) => [...missingFields(touchpoint, kind), ...wrongTypes(kind, nowMs)]),
  ];
  return { ...stateOf(touchpoint, { evidence, faults }, nowMs), evidence, faults };
}

function stateOf(
  touchpoint: TouchpointDefinition,
  { evidence, faults }: Pick<DecidedTouchpoint, 'evidence' | 'faults'>,
  nowMs: number,
): Pick<DecidedTouchpoint, 'state' | 'reason'> {
  const [fault] = faults;
  if (fault !== undefined) {
    const where = fault.field === '' ? fault.name : `${fault.name}, ${fault.field}`;
    return { state: 'broken', reason: `${where}: ${fault.remedy}` };
  }
  if (evidence.length === 0) return { state: 'absent', reason: `Nothing came in 28 days. ${touchpoint.remedy}` };
  const last = Math.max(...evidence.map(({ lastAt }) => lastAt));
  const hours = new Set(evidence.flatMap((sighting) => sighting.hours));
  const rhythm = rhythmOf([...hours].sort((a, b) => a - b));
  if (isSilent(rhythm, last, nowMs)) {
    const quiet = Math.floor((nowMs - last) / 3_600_000);
    return {
      state: 'silent',
      reason: `Nothing for ${quiet} hours; by its own rhythm it would have come within ${rhythm.silentAfterHours}.`,
    };
  }
  return {
    state: 'tracked',
    reason: `It came ${evidence.reduce((sum, { count }) => sum + count, 0)} times in 28 days.`,
  };
}

function refusal({ source, type, name, field, reason, count }: RefusedKind): TouchpointFault {
  return { source, name: name === '' ? type : name, field, remedy: `${count} refused in a day: ${reason}` };
}

/** What the touchpoint needs and its events never had, or have no more. Sealed fields are not observed; none is needed. */
function missingFields(touchpoint: TouchpointDefinition, { source, name, state }: KnownKind): TouchpointFault[] {
  if (state.count < EVENTS_TO_JUDGE || state.isCut) return [];
  const isThere = (property: string) => {
    const field = state.fields[`properties.${property}`];
    return field !== undefined && field.count > 0 && !hasVanished(state, field);
  };
  return touchpoint.needs
    .filter((need) => !need.split('|').some(isThere))
    .map((need) => {
      const field = need.split('|')[0]!;
      return { source, name, field, remedy: `send ${need.replaceAll('|', ' or ')} with every event` };
    });
}

const SAMPLES: Readonly<Record<JsonType, Json>> = {
  null: null,
  boolean: true,
  number: 1,
  string: 'x',
  array: [],
  object: {},
};

/** Properties that came with a type the e-commerce specification does not have, within the last day. */
function wrongTypes({ source, name, state }: KnownKind, nowMs: number): TouchpointFault[] {
  if (ecommerceNameOf(name) === undefined) return [];
  const faults: TouchpointFault[] = [];
  for (const [path, field] of Object.entries(state.fields)) {
    if (!path.startsWith('properties.')) continue;
    for (const [type, seen] of Object.entries(field.types) as [JsonType, { lastAt: number }][]) {
      if (seen.lastAt < nowMs - DAY_MS) continue;
      const read = readEcommerceEvent(name, sampleAt(path.split('.').slice(1), SAMPLES[type]));
      if (read.ok) continue;
      const property = path.slice('properties.'.length);
      const fault = read.faults.find(({ field: at }) => at.replaceAll(/\[\d+\]/g, '[]') === property);
      if (fault !== undefined)
        faults.push({ source, name, field: property, remedy: `came as ${type}; ${fault.message}` });
    }
  }
  return faults;
}

/** An object with nothing but this value at this path. */
function sampleAt(path: readonly string[], value: Json): JsonObject {
  const [first, ...rest] = path;
  const key = first!.replace(/(\[\])+$/, '');
  let inner: Json = rest.length === 0 ? value : sampleAt(rest, value);
  for (let at = first!.length; at > key.length; at -= 2) inner = [inner];
  return { [key]: inner };
}
