import { createHash } from 'node:crypto';

import type {
  ComputedTraitRule,
  EventLeaf,
  EventMatch,
  Period,
  SegmentRule,
  SequenceLeaf,
  TraitLeaf,
} from '@segue/contract';

import type { Json } from '../../../platform/json.ts';
import { dateOn, isDuring, returnsWithin, wallTime, weekday } from './naive-calendar.ts';
import { asDate, asNumber, dig, same, satisfies, spanMs } from './naive-values.ts';

export interface OracleEvent {
  readonly type: string;
  readonly name: string;
  readonly occurredAt: number;
  readonly payload: {
    readonly properties: { readonly [key: string]: Json };
    readonly traits?: { readonly [key: string]: Json };
    readonly context?: { readonly [key: string]: Json };
  };
}

/** What a rule is read with beside the history. */
export interface OracleWorld {
  /** The workspace's zone, and the customer's. */
  readonly zone: string;
  readonly customerZone: string;
  readonly profileId: string;
  readonly segments: { readonly [id: string]: SegmentRule };
  readonly computed: { readonly [name: string]: ComputedTraitRule };
}

export interface OracleHistory {
  readonly traits: Json;
  readonly events: readonly OracleEvent[];
  /** Without it: UTC, and nothing else is known. */
  readonly world?: OracleWorld;
}

const NO_WORLD: OracleWorld = { zone: 'UTC', customerZone: 'UTC', profileId: '', segments: {}, computed: {} };

/**
 * The meaning of a rule, told as plainly as possible and sharing no code with the product: all history, every time. It knows
 * every node that asks only events and traits; of what others say (`consent`, `place`, ...) it knows nothing.
 */
export function oracleHolds(rule: SegmentRule, history: OracleHistory, nowMs: number): boolean {
  const world = history.world ?? NO_WORLD;
  if ('all' in rule) return rule.all.filter((child) => oracleHolds(child, history, nowMs)).length === rule.all.length;
  if ('any' in rule) return rule.any.filter((child) => oracleHolds(child, history, nowMs)).length > 0;
  if ('not' in rule) return !oracleHolds(rule.not, history, nowMs);
  if ('everyone' in rule) return true;
  if ('segment' in rule) {
    const other = world.segments[rule.segment];
    return other !== undefined && oracleHolds(other, history, nowMs);
  }
  if ('bucket' in rule) {
    const hex = createHash('sha256').update(`${rule.bucket.salt}\0${world.profileId}`).digest('hex').slice(0, 16);
    const percent = Number(BigInt(`0x${hex}`) % 10_000n) / 100;
    return percent >= rule.bucket.from && percent < rule.bucket.below;
  }
  const come = { ...history, world, events: history.events.filter((event) => event.occurredAt <= nowMs) };
  if ('trait' in rule) return traitHolds(rule, come, nowMs);
  if ('sequence' in rule) return sequenceHolds(rule, come, nowMs);
  if ('event' in rule) return eventHolds(rule, come, nowMs);
  throw new Error(`the oracle does not know ${JSON.stringify(rule)}`);
}

type Come = OracleHistory & { readonly world: OracleWorld };

/** Whether an event is of the kind a leaf counts, at whatever time it is asked. */
export function oracleCounts(
  leaf: EventMatch & Pick<Period, 'after' | 'before'>,
  event: OracleEvent,
  zone = 'UTC',
): boolean {
  const wanted = typeof leaf.event === 'string' ? { type: 'track', name: leaf.event } : leaf.event;
  if (wanted.type !== event.type) return false;
  if (wanted.name !== undefined) {
    const isPrefix = typeof leaf.event === 'string' && wanted.name.endsWith('.*');
    if (isPrefix ? event.name.indexOf(wanted.name.replace(/\*$/, '')) !== 0 : wanted.name !== event.name) return false;
  }
  if (leaf.after !== undefined && event.occurredAt < Date.parse(leaf.after)) return false;
  if (leaf.before !== undefined && !(event.occurredAt < Date.parse(leaf.before))) return false;
  if (leaf.at !== undefined && !isAtTime(leaf.at, event, zone)) return false;
  return (leaf.where ?? []).every((filter) => passesFilter(filter as unknown as Record<string, Json>, event));
}

function passesFilter(filter: Record<string, Json>, event: OracleEvent): boolean {
  return satisfies(filter, dig(event.payload.properties as Json, filter['property'] as string | string[]), 0);
}

function isAtTime(
  { days, hours, zone }: NonNullable<EventMatch['at']>,
  event: OracleEvent,
  workspaceZone: string,
): boolean {
  let where = workspaceZone;
  const own = event.payload.context?.['timezone'];
  if (zone === 'customer' && typeof own === 'string' && KNOWN_ZONES.has(own)) where = own;
  const wall = wallTime(event.occurredAt, where);
  const day = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][weekday(wall.slice(0, 10))]!;
  if (days !== undefined && !(days as string[]).includes(day)) return false;
  if (hours === undefined) return true;
  for (let hour = hours.from; hour !== hours.until; hour = (hour + 1) % 25)
    if (hour === Number(wall.slice(11, 13))) return true;
  return false;
}

/** Whether an instant is in a leaf's window at `nowMs`: relative or calendar, and between its dates. */
function isInPeriod(atMs: number, period: Period, { world, nowMs }: { world: OracleWorld; nowMs: number }): boolean {
  const { within, during, zone, after, before } = period;
  if (after !== undefined && atMs < Date.parse(after)) return false;
  if (before !== undefined && atMs >= Date.parse(before)) return false;
  if (within !== undefined && nowMs - atMs >= spanMs(within)) return false;
  const where = zone === 'customer' ? world.customerZone : world.zone;
  return during === undefined || isDuring(during, dateOn(atMs, where), dateOn(nowMs, where));
}

function eventHolds(leaf: EventLeaf, { events, world }: Come, nowMs: number): boolean {
  const when = { world, nowMs };
  if (leaf.pick !== undefined) {
    const { after: _after, before: _before, ...match } = leaf;
    const picked = pick(
      leaf.pick,
      events.filter((event) => oracleCounts(match, event, world.zone)),
    );
    return picked.some(
      (event) =>
        isInPeriod(event.occurredAt, leaf, when) &&
        (leaf.having ?? []).every((filter) => passesFilter(filter as unknown as Record<string, Json>, event)),
    );
  }
  const counted = events.filter(
    (event) => oracleCounts(leaf, event, world.zone) && isInPeriod(event.occurredAt, leaf, when),
  );
  if (leaf.aggregate !== undefined) {
    const value = aggregate(
      leaf.aggregate.function,
      counted.map((event) => valueOf(event, leaf.aggregate!.property)),
    );
    const condition = leaf.aggregate as unknown as Record<string, Json>;
    return typeof value === 'number' && satisfies(condition, value, nowMs);
  }
  const count = counted.length;
  const [[comparison, n] = ['atLeast', 1]] = Object.entries(leaf.count ?? {}) as [string, number][];
  const verdicts: Record<string, boolean> = {
    atLeast: count >= n,
    atMost: count <= n,
    exactly: count === n,
    moreThan: count > n,
    lessThan: count < n,
  };
  return verdicts[comparison]!;
}

const KNOWN_ZONES = new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), 'Asia/Kathmandu']);

/** All events at the newest or the oldest instant. */
function pick(which: 'last' | 'first', events: readonly OracleEvent[]): readonly OracleEvent[] {
  const times = events.map((event) => event.occurredAt);
  const wanted = which === 'last' ? Math.max(...times) : Math.min(...times);
  return events.filter((event) => event.occurredAt === wanted);
}

function valueOf(event: OracleEvent, property: string | string[]): Json {
  return dig(event.payload.properties as Json, property);
}

/** What values make together; null: no number. */
function aggregate(kind: ComputedTraitRule['function'], values: readonly Json[]): Json {
  const numbers = values.map(asNumber).filter((number) => number !== null && Math.abs(number) <= 1e12) as number[];
  const scalars = values
    .filter((value) => value !== null && typeof value !== 'object')
    .map((value) => JSON.stringify(value))
    .filter((text) => Buffer.byteLength(text) <= 1_000);
  const sum = Number(numbers.reduce((all, number) => all + BigInt(Math.floor(number * 1e6 + 0.5)), 0n)) / 1e6;
  switch (kind) {
    case 'count':
      return values.length;
    case 'sum':
      return sum;
    case 'average':
      return numbers.length === 0 ? null : sum / numbers.length;
    case 'min':
      return numbers.length === 0 ? null : numbers.toSorted((a, b) => a - b)[0]!;
    case 'max':
      return numbers.length === 0 ? null : numbers.toSorted((a, b) => b - a)[0]!;
    case 'distinct':
      return new Set(scalars).size;
    case 'mostFrequent': {
      const often = (text: string): number => scalars.filter((one) => one === text).length;
      const [best] = scalars.toSorted((a, b) => often(b) - often(a) || (a < b ? 1 : -1));
      return best === undefined ? null : (JSON.parse(best) as Json);
    }
    default:
      throw new Error(`the oracle does not know ${kind}`);
  }
}

function sequenceHolds(leaf: SequenceLeaf, { events, world }: Come, nowMs: number): boolean {
  const isWhole = (firstMs: number, lastMs: number): boolean =>
    isInPeriod(firstMs, leaf, { world, nowMs }) && isInPeriod(lastMs, leaf, { world, nowMs });
  const goesOn = (step: number, firstMs: number, lastMs: number): boolean => {
    const next = leaf.sequence[step];
    if (next === undefined) return isWhole(firstMs, lastMs);
    return events.some((event) => {
      const atMs = event.occurredAt;
      if (atMs <= lastMs || !oracleCounts(next, event, world.zone)) return false;
      if (next.within !== undefined && atMs - lastMs > spanMs(next.within)) return false;
      const { without } = next;
      const isBetween = (other: OracleEvent): boolean => other.occurredAt > lastMs && other.occurredAt < atMs;
      if (without !== undefined && events.some((other) => isBetween(other) && oracleCounts(without, other, world.zone)))
        return false;
      return goesOn(step + 1, firstMs, atMs);
    });
  };
  return events.some(
    (event) => oracleCounts(leaf.sequence[0]!, event, world.zone) && goesOn(1, event.occurredAt, event.occurredAt),
  );
}

function traitHolds(leaf: TraitLeaf, { traits, events, world }: Come, nowMs: number): boolean {
  const steps = typeof leaf.trait === 'string' ? leaf.trait.split('.') : leaf.trait;
  if (leaf.op === 'held') return isHeld(leaf, { steps, events, nowMs });
  const computed = Object.entries(world.computed).find(([name]) => steps.length === 1 && name === steps[0])?.[1];
  const value =
    computed === undefined ? dig(traits, steps) : oracleComputed(computed, { traits, events, world }, nowMs);
  if (leaf.op !== 'anniversaryWithin') return satisfies(leaf as unknown as Record<string, Json>, value, nowMs);
  const dateMs = asDate(value);
  if (dateMs === null) return false;
  const date = typeof value === 'string' && asNumber(value) === null ? value : new Date(dateMs).toISOString();
  const zone = leaf.zone === 'customer' ? world.customerZone : world.zone;
  return returnsWithin(date.slice(5, 10), leaf.value.days, dateOn(nowMs, zone));
}

function isHeld(
  leaf: Extract<TraitLeaf, { op: 'held' }>,
  { steps, events, nowMs }: { steps: string[]; events: readonly OracleEvent[]; nowMs: number },
): boolean {
  const sayings = events
    .filter((event) => event.type === 'identify' && Object.keys(event.payload.traits ?? {}).includes(steps[0]!))
    .map((event) => ({ atMs: event.occurredAt, value: dig(event.payload.traits as Json, steps) }))
    .toSorted((a, b) => a.atMs - b.atMs || (JSON.stringify(a.value) < JSON.stringify(b.value) ? -1 : 1));
  let sinceMs: number | null = null;
  for (const [index, { atMs, value }] of sayings.entries()) {
    if (sayings[index + 1]?.atMs === atMs) continue;
    if (!same(value, leaf.value)) sinceMs = null;
    else sinceMs ??= atMs;
  }
  if (sinceMs === null) return false;
  return 'atLeast' in leaf.for
    ? nowMs - sinceMs >= spanMs(leaf.for.atLeast)
    : nowMs - sinceMs < spanMs(leaf.for.lessThan);
}

/** What a computed trait is; null: it has no value. `history` may hold events that have yet to come. */
export function oracleComputed(rule: ComputedTraitRule, history: OracleHistory, nowMs: number): Json {
  const world = history.world ?? NO_WORLD;
  const events = history.events.filter((event) => event.occurredAt <= nowMs);
  const { function: kind, property, after: _after, before: _before, ...match } = rule;
  if (kind === 'first' || kind === 'last' || kind === 'daysSince') {
    const picked = pick(
      kind === 'first' ? 'first' : 'last',
      events.filter((event) => oracleCounts(match, event, world.zone)),
    ).filter((event) => isInPeriod(event.occurredAt, rule, { world, nowMs }));
    if (kind === 'daysSince')
      return picked.length === 0 ? null : Math.floor((nowMs - picked[0]!.occurredAt) / 86_400_000);
    const texts = picked
      .map((event) => valueOf(event, property!))
      .filter((value) => value !== null && typeof value !== 'object');
    const best = texts.map((value) => JSON.stringify(value)).toSorted((a, b) => (a < b ? 1 : -1))[0];
    return best === undefined ? null : (JSON.parse(best) as Json);
  }
  const counted = events.filter(
    (event) => oracleCounts(rule, event, world.zone) && isInPeriod(event.occurredAt, rule, { world, nowMs }),
  );
  return aggregate(
    kind,
    counted.map((event) => (property === undefined ? null : valueOf(event, property))),
  );
}
