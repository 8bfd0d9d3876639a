import { RE2JS } from 're2js';

import type { Json } from '../../../platform/json.ts';

export function spanMs(span: object): number {
  const unitMs: Record<string, number> = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 };
  return Object.entries(span).reduce((sum, [unit, n]) => sum + unitMs[unit]! * Number(n), 0);
}

export function dig(root: Json, path: string | string[]): Json {
  let here: Json = root;
  for (const step of Array.isArray(path) ? path : path.split('.')) {
    if (here === null || typeof here !== 'object' || Array.isArray(here)) return null;
    here = Object.entries(here).find(([key]) => key === step)?.[1] ?? null;
  }
  return here;
}

/** Whether a value is as a condition on it says; a filter's `some` too. */
export function satisfies(condition: Record<string, Json>, value: Json, nowMs: number): boolean {
  const wanted = condition['value'] as Json;
  const cased = (text: string): string => (condition['ignoreCase'] === true ? naiveLower(text) : text);
  const number = asNumber(value);
  const dateMs = asDate(value);
  const list = wanted as number[];
  const numeric = (test: (x: number) => boolean): boolean => number !== null && test(number);
  const dated = (test: (x: number) => boolean): boolean => dateMs !== null && test(dateMs);
  const textual = (test: (x: string, part: string) => boolean): boolean =>
    typeof value === 'string' && test(cased(value), cased(String(wanted)));
  const equal = (one: Json, other: Json): boolean =>
    typeof one === 'string' && typeof other === 'string' ? cased(one) === cased(other) : same(one, other);
  switch (condition['op']) {
    case 'equals':
      return equal(value, wanted);
    case 'notEquals':
      return !equal(value, wanted);
    case 'in':
      return (wanted as Json[]).some((one) => equal(value, one));
    case 'notIn':
      return !(wanted as Json[]).some((one) => equal(value, one));
    case 'includes':
      return Array.isArray(value) && value.some((one) => equal(one, wanted));
    case 'exists':
      return value !== null;
    case 'missing':
      return value === null;
    case 'contains':
      return textual((x, part) => x.split(part).length > 1);
    case 'notContains':
      return !textual((x, part) => x.split(part).length > 1);
    case 'startsWith':
      return textual((x, part) => x.slice(0, part.length) === part);
    case 'endsWith':
      return textual((x, part) => x.length >= part.length && x.slice(x.length - part.length) === part);
    case 'matches': {
      if (typeof value !== 'string') return false;
      const pattern = condition['ignoreCase'] === true ? `(?is)${String(wanted)}` : `(?s)${String(wanted)}`;
      return RE2JS.compile(pattern).matcher(value).find();
    }
    case 'some': {
      const where = condition['where'] as Record<string, Json>[];
      const isSo = (element: Json): boolean =>
        where.every((one) => satisfies(one, dig(element, one['property'] as string | string[]), nowMs));
      return Array.isArray(value) && value.filter(isSo).length > 0;
    }
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

function naiveLower(text: string): string {
  return Array.from(text, (point) => {
    const lower = point.toLowerCase();
    return Array.from(lower).length === 1 ? lower : point;
  }).join('');
}

export function same(value: Json, wanted: Json): boolean {
  if (typeof value === typeof wanted) return value === wanted && typeof value !== 'object';
  if (typeof value === 'boolean' || typeof wanted === 'boolean') return false;
  const [a, b] = [asNumber(value), asNumber(wanted)];
  return a !== null && a === b;
}

export function asNumber(value: Json): number | null {
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
export function asDate(value: Json): number | null {
  const number = asNumber(value);
  if (number !== null) {
    const ms = Math.abs(number) < 1e11 ? number * 1000 : number;
    return Number.isNaN(new Date(ms).getTime()) ? null : Math.trunc(ms);
  }
  if (typeof value !== 'string' || !/^\d\d\d\d-\d\d-\d\d(T\S+Z)?$/.test(value)) return null;
  return Number.isNaN(Date.parse(value)) ? null : Date.parse(value);
}
