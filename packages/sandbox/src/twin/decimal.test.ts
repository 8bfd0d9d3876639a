import { expect, test } from 'vitest';
import { shareOut, toDecimal, toMinor } from './decimal.ts';

test('decimals are exact in every currency', () => {
  expect([toMinor('199.00', 'USD'), toMinor('0.1', 'EUR'), toMinor('1000', 'JPY'), toMinor('1.234', 'BHD')]).toEqual([
    19_900, 10, 1_000, 1_234,
  ]);
  expect([toDecimal(19_900, 'USD'), toDecimal(5, 'EUR'), toDecimal(1_000, 'JPY'), toDecimal(-1_234, 'BHD')]).toEqual([
    '199.00',
    '0.05',
    '1000',
    '-1.234',
  ]);
  expect(() => toMinor('1.005', 'USD')).toThrow();
});

test('shares add up to what is shared', () => {
  expect(shareOut(100, [1, 1, 1])).toEqual([34, 33, 33]);
  expect(shareOut(10, [0, 0])).toEqual([0, 0]);
});
