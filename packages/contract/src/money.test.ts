import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountInMain, formatAmount, moneySchema, parseAmountMinor, roundAmountMinor } from './money.ts';

describe('an amount', () => {
  it.each([
    ['19.99', 'EUR', 1999],
    ['0.1', 'EUR', 10],
    ['500', 'JPY', 500],
    ['500.00', 'JPY', 500],
    ['1.234', 'BHD', 1234],
    ['-3.50', 'USD', -350],
    ['-0.00', 'USD', 0],
    ['90071992547409.91', 'EUR', 9007199254740991],
  ])('"%s" %s is %i minor units', (text, currency, minor) => {
    expect(parseAmountMinor(text, currency)).toBe(minor);
  });

  it.each(['', '1,50', '1.505', '.5', '1e3', 'NaN', '90071992547409.92', '12 €'])(
    '"%s" is none in euros, and nobody guesses what it was to be',
    (text) => {
      expect(parseAmountMinor(text, 'EUR')).toBeUndefined();
    },
  );

  it('written and read again is the same, in every currency', () => {
    const amounts = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
    const currencies = fc.constantFrom('EUR', 'JPY', 'BHD', 'CLF', 'XYZ');
    fc.assert(
      fc.property(amounts, currencies, (minor, currency) => {
        expect(parseAmountMinor(formatAmount(minor, currency), currency)).toBe(minor);
      }),
    );
  });

  it('of a binary fraction is rounded by the decimal it stands for', () => {
    expect(roundAmountMinor(1.005, 'EUR')).toBe(101);
    expect(roundAmountMinor(33.333, 'EUR')).toBe(3333);
    expect(roundAmountMinor(-0.004, 'EUR')).toBe(0);
    expect(roundAmountMinor(Number.NaN, 'EUR')).toBeUndefined();
    expect(amountInMain(101, 'EUR')).toBe(1.01);
  });

  it('names what is wrong with it', () => {
    const messages = moneySchema.safeParse({ amountMinor: 19.99, currency: 'eur' }).error?.issues.map((i) => i.message);
    expect(messages).toEqual([
      'give a whole number of minor units (cents): 1999 for 19.99',
      'write the currency as its three capital letters (ISO 4217), like "EUR"',
    ]);
  });
});
