import type { SegmentRule } from '@segue/contract';

import type { Json } from '../../../platform/json.ts';

export interface OracleEvent {
  readonly type: string;
  readonly name: string;
  readonly occurredAt: number;
  readonly payload: { readonly properties: { readonly [key: string]: Json } };
}

export interface OracleHistory {
  readonly traits: Json;
  readonly events: readonly OracleEvent[];
}

/** The meaning of a rule, told as plainly as possible and sharing no code with the product: all history, every time. */
export function oracleHolds(rule: SegmentRule, history: OracleHistory, nowMs: number): boolean {
  const node = rule as unknown as Record<string, Json>;
  if ('all' in rule) return rule.all.filter((child) => oracleHolds(child, history, nowMs)).length === rule.all.length;
  if ('any' in rule) return rule.any.filter((child) => oracleHolds(child, history, nowMs)).length > 0;
  if ('not' in rule) return !oracleHolds(rule.not, history, nowMs);
  if ('trait' in rule) return satisfies(node, dig(history.traits, rule.trait), nowMs);
  const counted = history.events.filter((event) => oracleCounts(rule, event) && event.occurredAt <= nowMs);
  const windowMs = rule.within === undefined ? Infinity : spanMs(rule.within);
  const count = counted.filter((event) => nowMs - event.occurredAt < windowMs).length;
  const [[comparison, n] = ['atLeast', 1]] = Object.entries(rule.count ?? {});
  const verdicts: Record<string, boolean> = {
    atLeast: count >= (n ?? 0),
    atMost: count <= (n ?? 0),
    exactly: count === n,
    moreThan: count > (n ?? 0),
    lessThan: count < (n ?? 0),
  };
  return verdicts[comparison]!;
}

/** Whether an event is of the kind a leaf counts, at whatever time it is asked. */
export function oracleCounts(leaf: Extract<SegmentRule, { event: unknown }>, event: OracleEvent): boolean {
  const wanted = typeof leaf.event === 'string' ? { type: 'track', name: leaf.event } : leaf.event;
  if (wanted.type !== event.type) return false;
  if (wanted.name !== undefined && wanted.name !== event.name) return false;
  if (leaf.after !== undefined && event.occurredAt < Date.parse(leaf.after)) return false;
  if (leaf.before !== undefined && !(event.occurredAt < Date.parse(leaf.before))) return false;
  for (const filter of leaf.where ?? []) {
    if (!satisfies(filter as unknown as Record<string, Json>, dig(event.payload.properties, filter.property), 0))
      return false;
  }
  return true;
}

export function spanMs(span: object): number {
  const unitMs: Record<string, number> = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 };
  return Object.entries(span).reduce((sum, [unit, n]) => sum + unitMs[unit]! * Number(n), 0);
}

function dig(root: Json, path: string | string[]): Json {
  let here: Json = root;
  for (const step of Array.isArray(path) ? path : path.split('.')) {
    if (here === null || typeof here !== 'object' || Array.isArray(here)) return null;
    here = Object.entries(here).find(([key]) => key === step)?.[1] ?? null;
  }
  return here;
}

function satisfies(condition: Record<string, Json>, value: Json, nowMs: number): boolean {
  const wanted = condition['value'] as Json;
  const number = asNumber(value);
  const dateMs = asDate(value);
  const list = wanted as number[];
  const numeric = (test: (x: number) => boolean): boolean => number !== null && test(number);
  const dated = (test: (x: number) => boolean): boolean => dateMs !== null && test(dateMs);
  const textual = (test: (x: string) => boolean): boolean => typeof value === 'string' && test(value);
  switch (condition['op']) {
    case 'equals':
      return same(value, wanted);
    case 'notEquals':
      return !same(value, wanted);
    case 'in':
      return (wanted as Json[]).some((one) => same(value, one));
    case 'notIn':
      return !(wanted as Json[]).some((one) => same(value, one));
    case 'includes':
      return Array.isArray(value) && value.some((one) => same(one, wanted));
    case 'exists':
      return value !== null;
    case 'missing':
      return value === null;
    case 'contains':
      return textual((x) => x.split(String(wanted)).length > 1);
    case 'startsWith':
      return textual((x) => x.slice(0, String(wanted).length) === wanted);
    case 'endsWith':
      return textual((x) => x.length >= String(wanted).length && x.slice(x.length - String(wanted).length) === wanted);
    case 'atLeast':
      return numeric((x) => x >= Number(wanted));
    case 'atMost':
      return numeric((x) => x <= Number(wanted));
    case 'moreThan':
      return numeric((x) => x > Number(wanted));
    case 'lessThan':
      return numeric((x) => x < Number(wanted));
    case 'between':
      return numeric((x) => x >= list[0]! && x <= list[1]!);
    case 'before':
      return dated((x) => x < Date.parse(String(wanted)));
    case 'after':
      return dated((x) => x >= Date.parse(String(wanted)));
    case 'withinLast':
      return dated((x) => x <= nowMs && nowMs - x < spanMs(wanted as object));
    case 'notWithinLast':
      return dated((x) => x > nowMs || nowMs - x >= spanMs(wanted as object));
    case 'withinNext':
      return dated((x) => x > nowMs && x - nowMs <= spanMs(wanted as object));
    default:
      throw new Error(`the oracle does not know ${String(condition['op'])}`);
  }
}

function same(value: Json, wanted: Json): boolean {
  if (typeof value === typeof wanted) return value === wanted && typeof value !== 'object';
  if (typeof value === 'boolean' || typeof wanted === 'boolean') return false;
  const [a, b] = [asNumber(value), asNumber(wanted)];
  return a !== null && a === b;
}

function asNumber(value: Json): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const unsigned = value.startsWith('-') || value.startsWith('+') ? value.slice(1) : value;
  const [whole = '', fraction, ...more] = unsigned.split('.');
  const areDigits = (text: string): boolean =>
    [...text].every((digit) => '0123456789'.includes(digit)) && text.length <= 30;
  if (more.length > 0 || fraction === '' || !areDigits(whole) || !areDigits(fraction ?? '')) return null;
  return whole === '' && fraction === undefined ? null : Number(value);
}

/** Knows only what the generators write: ISO texts with a zone, plain dates, epoch milliseconds or seconds. */
function asDate(value: Json): number | null {
  const number = asNumber(value);
  if (number !== null) {
    const ms = Math.abs(number) < 1e11 ? number * 1000 : number;
    return Number.isNaN(new Date(ms).getTime()) ? null : Math.trunc(ms);
  }
  if (typeof value !== 'string' || !/^\d\d\d\d-\d\d-\d\d(T\S+Z)?$/.test(value)) return null;
  return Number.isNaN(Date.parse(value)) ? null : Date.parse(value);
}
