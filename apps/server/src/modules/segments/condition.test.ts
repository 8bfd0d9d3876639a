import type { ValueCondition } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import type { Json } from '../../platform/json.ts';
import { compileCondition, instantOf, numberOf } from './condition.ts';

function holds(condition: ValueCondition, value: Json | undefined): boolean {
  return compileCondition(condition)(value);
}

describe('numberOf', () => {
  it('reads plain decimals in text and nothing else', () => {
    expect(['42', '-1.5', '+7', '.5', '007'].map(numberOf)).toEqual([42, -1.5, 7, 0.5, 7]);
    for (const value of ['', ' 42', '1e3', '0x10', '5.', '1,5', 'NaN', 'Infinity', '٤٢', true, null, [42], {}])
      expect(numberOf(value)).toBeUndefined();
  });

  it('knows one zero', () => {
    for (const value of [-0, '-0', '-0.0']) expect(numberOf(value)).toBe(0);
  });
});

describe('instantOf', () => {
  it('reads ISO dates, milliseconds and seconds since the epoch, also in text', () => {
    const ms = Date.UTC(2026, 10, 22, 10);
    for (const value of [
      '2026-11-22T10:00:00Z',
      '2026-11-22T12:00+02:00',
      ms,
      ms / 1000,
      String(ms),
      String(ms / 1000),
    ])
      expect(instantOf(value)).toBe(ms);
    expect(instantOf('2026-11-22')).toBe(Date.UTC(2026, 10, 22));
  });

  it('takes no instant beyond what a date can hold', () => {
    expect(instantOf(1e300)).toBeUndefined();
    expect(instantOf('soon')).toBeUndefined();
  });
});

describe('compileCondition', () => {
  it('compares text exactly: case and accents matter', () => {
    expect(holds({ op: 'equals', value: 'pro' }, 'pro')).toBe(true);
    expect(holds({ op: 'equals', value: 'pro' }, 'Pro')).toBe(false);
    expect(holds({ op: 'contains', value: 'traß' }, 'Straße')).toBe(true);
    expect(holds({ op: 'startsWith', value: 'STR' }, 'Straße')).toBe(false);
  });

  it('compares a number with a number in text, but two texts as texts', () => {
    expect(holds({ op: 'equals', value: 42 }, '42.0')).toBe(true);
    expect(holds({ op: 'equals', value: '42' }, 42)).toBe(true);
    expect(holds({ op: 'equals', value: '042' }, '42')).toBe(false);
    expect(holds({ op: 'atLeast', value: 9 }, '10')).toBe(true);
  });

  it('puts a value that is no number in no numeric comparison', () => {
    for (const op of ['atLeast', 'atMost', 'moreThan', 'lessThan'] as const) {
      for (const value of ['many', '', true, null, undefined, [5]]) expect(holds({ op, value: 5 }, value)).toBe(false);
    }
    expect(holds({ op: 'between', value: [0, 10] }, 'five')).toBe(false);
  });

  it('holds for notEquals and notIn when the value is missing', () => {
    for (const value of [undefined, null, 'free']) {
      expect(holds({ op: 'notEquals', value: 'pro' }, value)).toBe(true);
      expect(holds({ op: 'notIn', value: ['pro', 'max'] }, value)).toBe(true);
    }
    expect(holds({ op: 'notEquals', value: 'pro' }, 'pro')).toBe(false);
  });

  it('lets an empty text exist, and null be missing', () => {
    expect(holds({ op: 'exists' }, '')).toBe(true);
    expect(holds({ op: 'exists' }, false)).toBe(true);
    expect(holds({ op: 'missing' }, null)).toBe(true);
    expect(holds({ op: 'missing' }, undefined)).toBe(true);
  });

  it('finds a value in a list with includes, never in a text', () => {
    expect(holds({ op: 'includes', value: 'vip' }, ['new', 'vip'])).toBe(true);
    expect(holds({ op: 'includes', value: 7 }, ['7'])).toBe(true);
    expect(holds({ op: 'includes', value: 'vip' }, 'vip')).toBe(false);
  });

  it('splits dates at an instant: before excludes it, after includes it', () => {
    const at = '2026-11-22T00:00:00Z';
    expect([holds({ op: 'before', value: at }, at), holds({ op: 'after', value: at }, at)]).toEqual([false, true]);
    expect([holds({ op: 'before', value: at }, 'soon'), holds({ op: 'after', value: at }, 'soon')]).toEqual([
      false,
      false,
    ]);
  });

  it('without regard to case compares letter by letter, and keeps letters that become two', () => {
    const is = (wanted: string, value: string) => holds({ op: 'equals', value: wanted, ignoreCase: true }, value);
    expect([is('PRO', 'pro'), is('straße', 'STRAßE'), is('ΣΑΣ', 'σασ')]).toEqual([true, true, true]);
    expect([is('strasse', 'STRAßE'), is('ΣΑΣ', 'σας'), is('i', 'İ')]).toEqual([false, false, false]);
    expect(is('İ', 'İ')).toBe(true);
    expect(holds({ op: 'in', value: ['Gold'], ignoreCase: true }, 'GOLD')).toBe(true);
    expect(holds({ op: 'endsWith', value: 'RO', ignoreCase: true }, 'pro')).toBe(true);
    expect(holds({ op: 'includes', value: 'RED', ignoreCase: true }, ['red'])).toBe(true);
  });

  it('finds a pattern anywhere in a text, over line ends, and in nothing but texts', () => {
    expect(holds({ op: 'matches', value: 'a.b' }, 'xa\nbx')).toBe(true);
    expect(holds({ op: 'matches', value: '^b' }, 'a\nb')).toBe(false);
    expect(holds({ op: 'matches', value: 'gold', ignoreCase: true }, 'GOLDEN')).toBe(true);
    expect(holds({ op: 'matches', value: '42' }, 42)).toBe(false);
    expect(() => compileCondition({ op: 'matches', value: '(?=look)' })).toThrow();
  });

  it('answers a pattern that would run away elsewhere at once', () => {
    expect(holds({ op: 'matches', value: '^(a+)+$' }, `${'a'.repeat(20_000)}!`)).toBe(false);
  });

  it('holds of what is missing where it says "not"', () => {
    expect(holds({ op: 'notContains', value: 'x' }, undefined)).toBe(true);
    expect(holds({ op: 'notContains', value: 'x' }, 'axb')).toBe(false);
    expect(holds({ op: 'exists' }, '')).toBe(true);
  });
});
