import { DISTINCT_MAX } from '@segue/contract';

import type { Json } from '../../../platform/json.ts';
import { numberOf } from '../condition.ts';
import type { LeafPlan } from '../leaf-plan.ts';

export type TallyFunction = Extract<LeafPlan, { kind: 'aggregate' }>['function'];

/** Numbers farther from zero than this count for nothing: a slip of the keyboard must not drown the rest. */
const VALUE_MAX = 1e12;
/** A value counts as text when its JSON text has at most so many UTF-8 bytes. */
const TEXT_BYTES_MAX = 1_000;
/** Sums are kept in two halves of whole numbers, so that none is ever rounded. */
const LOW_HALF = 2 ** 30;

/** What so many values make together. Only what the function needs of it is kept. */
export interface Tally {
  n: number;
  /** The sum in whole micro-units: high * 2^30 + low. */
  high: number;
  low: number;
  least: number;
  greatest: number;
  readonly texts: Map<string, number>;
}

export function emptyTally(): Tally {
  return { n: 0, high: 0, low: 0, least: Infinity, greatest: -Infinity, texts: new Map() };
}

export function isOfTexts(kind: TallyFunction): boolean {
  return kind === 'distinct' || kind === 'mostFrequent';
}

/** What a property's value counts as: a number, a JSON text, 0 where only the event counts; undefined: for nothing. */
export function countable(kind: TallyFunction, value: Json | undefined): number | string | undefined {
  if (kind === 'count') return 0;
  if (isOfTexts(kind)) return scalarText(value);
  const number = numberOf(value);
  return number !== undefined && Math.abs(number) <= VALUE_MAX ? number : undefined;
}

/** The JSON text of a text, number or boolean that is not too long; undefined of anything else. */
export function scalarText(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const text = JSON.stringify(value);
  return text.length <= TEXT_BYTES_MAX && Buffer.byteLength(text) <= TEXT_BYTES_MAX ? text : undefined;
}

/** The number in whole micro-units, as sums take it. */
function microOf(value: number): number {
  return Math.floor(value * 1e6 + 0.5);
}

export function addValue(tally: Tally, value: number | string, times: 1 | -1 = 1): void {
  if (typeof value === 'string') return addText(tally, value, times);
  const micro = microOf(value);
  const high = Math.floor(micro / LOW_HALF);
  tally.n += times;
  tally.high += times * high;
  tally.low += times * (micro - high * LOW_HALF);
  tally.least = Math.min(tally.least, value);
  tally.greatest = Math.max(tally.greatest, value);
}

export function addText(tally: Tally, text: string, times: number): void {
  tally.n += times;
  const n = (tally.texts.get(text) ?? 0) + times;
  if (n === 0) tally.texts.delete(text);
  else tally.texts.set(text, n);
}

/** Takes in what was put together before. `micro`: the sum in micro-units, as whole number in text. */
export function addSum(
  tally: Tally,
  part: { n: number; micro: string; least: number; greatest: number },
  times: 1 | -1 = 1,
): void {
  const sum = BigInt(part.micro);
  tally.n += times * part.n;
  tally.high += times * Number(sum >> 30n);
  tally.low += times * Number(sum & 0x3fffffffn);
  tally.least = Math.min(tally.least, part.least);
  tally.greatest = Math.max(tally.greatest, part.greatest);
}

/** The sum in whole micro-units. */
export function microSum({ high, low }: Tally): bigint {
  return BigInt(high) * BigInt(LOW_HALF) + BigInt(low);
}

function microNumber(tally: Tally): number {
  const whole = tally.high * LOW_HALF + tally.low;
  return Number.isSafeInteger(whole) ? whole : Number(microSum(tally));
}

/** What the function makes of it: undefined where nothing was counted and that is no number. `-0` is 0. */
export function tallied(kind: TallyFunction, tally: Tally): Json | undefined {
  switch (kind) {
    case 'count':
      return tally.n;
    case 'sum':
      return microNumber(tally) / 1e6;
    case 'average':
      return tally.n === 0 ? undefined : microNumber(tally) / 1e6 / tally.n;
    case 'min':
      return tally.n === 0 ? undefined : tally.least + 0;
    case 'max':
      return tally.n === 0 ? undefined : tally.greatest + 0;
    case 'distinct':
      return Math.min(tally.texts.size, DISTINCT_MAX);
    case 'mostFrequent':
      return mostFrequent(tally.texts);
  }
}

function mostFrequent(texts: ReadonlyMap<string, number>): Json | undefined {
  let best: readonly [text: string, n: number] | undefined;
  for (const [text, n] of texts) {
    if (best === undefined || n > best[1] || (n === best[1] && text > best[0])) best = [text, n];
  }
  return best === undefined ? undefined : (JSON.parse(best[0]) as Json);
}
