import { parseInstant, type Scalar, type ValueCondition } from '@segue/contract';

import type { Json } from '../../platform/json.ts';
import { readNumber } from '../../platform/number-in-text.ts';
import { foldCase } from './fold-case.ts';
import { compilePattern } from './pattern.ts';

export type ValueTest = (value: Json | undefined) => boolean;

/** Below this a bare number is seconds since the epoch, from here on milliseconds. */
const SECONDS_BELOW = 100_000_000_000;
/** The last instant a Date can hold. */
const INSTANT_MAX = 8_640_000_000_000_000;

/**
 * The number a value is, also when written as text; anything else is no number. A negative zero is zero: JSON cannot
 * keep it, so a state that did would differ from itself once stored.
 */
export function numberOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' ? readNumber(value) : value;
  return typeof number === 'number' ? number + 0 : undefined;
}

/** The instant a value is, in milliseconds: an ISO date or date-time (UTC unless it has a zone), or an epoch number. */
export function instantOf(value: Json | undefined): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) {
    const atMs = Math.trunc(Math.abs(number) < SECONDS_BELOW ? number * 1000 : number);
    return Math.abs(atMs) <= INSTANT_MAX ? atMs : undefined;
  }
  return typeof value === 'string' ? parseInstant(value) : undefined;
}

/** The values a condition compares with, by what each can equal. */
export interface ScalarSet {
  /** Texts, equal to the same text. */
  readonly texts: readonly string[];
  /** Numbers, equal to a number or to a number in text. */
  readonly numbers: readonly number[];
  /** Numbers that the rule wrote as text: equal to a number, while text compares with them as text ("007" is not "7"). */
  readonly textNumbers: readonly number[];
  readonly booleans: readonly boolean[];
}

export function scalarSet(values: readonly Scalar[]): ScalarSet {
  const texts = values.filter((value) => typeof value === 'string');
  return {
    texts,
    numbers: values.filter((value) => typeof value === 'number'),
    textNumbers: texts.map(numberOf).filter((value) => value !== undefined),
    booleans: values.filter((value) => typeof value === 'boolean'),
  };
}

function equalsAnyOf(values: readonly Scalar[], fold: Fold): ValueTest {
  const set = scalarSet(values);
  const texts = new Set<Json>(set.texts.map(fold));
  const numbers = new Set<Json | undefined>(set.numbers);
  const anyNumbers = new Set<Json>([...set.numbers, ...set.textNumbers]);
  const booleans = new Set<Json>(set.booleans);
  return (value) => {
    if (typeof value === 'string') return texts.has(fold(value)) || (numbers.size > 0 && numbers.has(numberOf(value)));
    if (typeof value === 'number') return anyNumbers.has(value);
    return typeof value === 'boolean' && booleans.has(value);
  };
}

/** What is done to texts before they are compared. */
type Fold = (text: string) => string;
const asWritten: Fold = (text) => text;

function foldOf(condition: ValueCondition): Fold {
  return 'ignoreCase' in condition && condition.ignoreCase === true ? foldCase : asWritten;
}

function negate(test: ValueTest): ValueTest {
  return (value) => !test(value);
}

const isPresent: ValueTest = (value) => value !== undefined && value !== null;

function whenText(test: (text: string) => boolean): ValueTest {
  return (value) => typeof value === 'string' && test(value);
}

function whenNumber(test: (number: number) => boolean): ValueTest {
  return (value) => {
    const number = numberOf(value);
    return number !== undefined && test(number);
  };
}

function whenInstant(test: (atMs: number) => boolean): ValueTest {
  return (value) => {
    const atMs = instantOf(value);
    return atMs !== undefined && test(atMs);
  };
}

/** A rule that passed its schema has only readable instants. */
export function ruleInstant(text: string): number {
  const atMs = parseInstant(text);
  if (atMs === undefined) throw new Error(`unreadable instant in a rule: ${text}`);
  return atMs;
}

/** Compiles a condition to a test of one value. Absent and null are the same; a condition that says "not" holds of them. */
export function compileCondition(condition: ValueCondition): ValueTest {
  switch (condition.op) {
    case 'equals':
      return equalsAnyOf([condition.value], foldOf(condition));
    case 'in':
      return equalsAnyOf(condition.value, foldOf(condition));
    case 'notEquals':
      return negate(equalsAnyOf([condition.value], foldOf(condition)));
    case 'notIn':
      return negate(equalsAnyOf(condition.value, foldOf(condition)));
    case 'includes': {
      const equals = equalsAnyOf([condition.value], foldOf(condition));
      return (value) => Array.isArray(value) && value.some(equals);
    }
    case 'exists':
      return isPresent;
    case 'missing':
      return (value) => !isPresent(value);
    case 'contains':
    case 'notContains':
    case 'startsWith':
    case 'endsWith':
    case 'matches':
      return compileTextCondition(condition);
    default:
      return compileComparison(condition);
  }
}

type TextCondition = Extract<
  ValueCondition,
  { op: 'contains' | 'notContains' | 'startsWith' | 'endsWith' } | { op: 'matches' }
>;

function compileTextCondition(condition: TextCondition): ValueTest {
  if (condition.op === 'matches') return whenText(compilePattern(condition.value, condition.ignoreCase === true));
  const fold = foldOf(condition);
  const part = fold(condition.value);
  switch (condition.op) {
    case 'contains':
      return whenText((text) => fold(text).includes(part));
    case 'notContains':
      return negate(whenText((text) => fold(text).includes(part)));
    case 'startsWith':
      return whenText((text) => fold(text).startsWith(part));
    case 'endsWith':
      return whenText((text) => fold(text).endsWith(part));
  }
}

type Comparison = Extract<
  ValueCondition,
  { op: 'atLeast' | 'atMost' | 'moreThan' | 'lessThan' } | { op: 'between' } | { op: 'before' | 'after' }
>;

function compileComparison(condition: Comparison): ValueTest {
  switch (condition.op) {
    case 'atLeast':
      return whenNumber((number) => number >= condition.value);
    case 'atMost':
      return whenNumber((number) => number <= condition.value);
    case 'moreThan':
      return whenNumber((number) => number > condition.value);
    case 'lessThan':
      return whenNumber((number) => number < condition.value);
    case 'between': {
      const [least, most] = condition.value;
      return whenNumber((number) => number >= least && number <= most);
    }
    case 'before': {
      const limitMs = ruleInstant(condition.value);
      return whenInstant((atMs) => atMs < limitMs);
    }
    case 'after': {
      const limitMs = ruleInstant(condition.value);
      return whenInstant((atMs) => atMs >= limitMs);
    }
  }
}
